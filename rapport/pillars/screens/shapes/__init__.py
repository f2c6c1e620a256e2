"""Shapes of screens: forms that a site installed, answers, scores, orders, follow-ups. Pure."""
