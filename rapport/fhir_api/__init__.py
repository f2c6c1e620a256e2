"""The record over HTTP: FHIR R4."""
