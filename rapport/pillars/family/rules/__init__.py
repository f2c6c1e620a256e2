"""What may be done, by whom. Pure; the time is passed in. Refused("rule") says what is missing."""
