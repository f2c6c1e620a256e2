"""Corrections: somebody says that their record is wrong, a named person answers, both see how it ended."""
