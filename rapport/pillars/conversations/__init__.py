"""Topics, messages, concerns, promises: the heard loop."""
