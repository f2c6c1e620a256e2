"""One package per kind of care; pillars never import each other."""
