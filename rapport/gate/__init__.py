"""The one Door: decisions, grants, guards, audit, explanations."""
