"""What is decided about screens. Pure; the time is passed in."""
