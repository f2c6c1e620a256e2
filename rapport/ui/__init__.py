"""Components, tokens and the base page; sees no records."""
