"""The resources that the pillar owns: build and read. Pure."""
