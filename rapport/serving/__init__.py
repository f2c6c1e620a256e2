"""Processes: the command line, the supervisor, the embedded PostgreSQL, the worker."""
