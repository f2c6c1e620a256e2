"""Thin views of conversations: they read a form, call one verb or one reading, and show one template."""
