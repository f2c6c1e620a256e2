"""Help, tasks, meetings and news as FHIR: build and read. Pure."""
