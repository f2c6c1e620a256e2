"""What may be done with goals, and the formulas of how far one has come. Pure; time is passed in."""
