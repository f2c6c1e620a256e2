"""What may be done with what matters to somebody, what is shown first, and what goes against it. Pure."""
