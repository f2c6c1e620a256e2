"""One frozen dataclass per template: its fields are the template's variables."""
