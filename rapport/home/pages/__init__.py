"""Thin views of home."""
