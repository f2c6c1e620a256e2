"""The FHIR resources of conversations: header, message, note, concern, promise, undelivered notice. Pure."""
