"""Accounts, sign-in, second factor, tokens, invitations, site settings; turns a sign-in into an Actor."""
