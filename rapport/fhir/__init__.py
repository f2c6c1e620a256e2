"""The language: definitions, references, search grammar, outcomes. No Django."""
