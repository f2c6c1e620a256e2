"""Goals in people's own words, the steps to them, and how far one has come."""
