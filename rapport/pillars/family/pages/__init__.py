"""Thin views of family and team."""
