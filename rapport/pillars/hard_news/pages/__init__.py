"""The pages of hard news."""
