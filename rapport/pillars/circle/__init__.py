"""The circle: the family and friends that a patient lets in, what they may see, and who has looked."""
