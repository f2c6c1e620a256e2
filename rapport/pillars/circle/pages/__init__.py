"""Thin views of the circle."""
