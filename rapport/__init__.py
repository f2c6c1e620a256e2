"""Rapport: the relationship between patients, their families and those who care for them."""

__version__ = "0.1.0"
