"""What matters to a person, in their own words: the first thing that who cares for them reads."""
