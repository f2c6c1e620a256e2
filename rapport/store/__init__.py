"""The kernel: versioned FHIR JSON, index rows, search, transactions."""
