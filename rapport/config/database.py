"""A PostgreSQL address as Django and psycopg want it."""

from __future__ import annotations

from typing import Any

from psycopg.conninfo import conninfo_to_dict

#: What psycopg is told under Django's own names; the rest of an address goes into OPTIONS.
_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def django_database(url: str) -> dict[str, Any]:
    """Django's entry for a `postgresql://…` address (or a `key=value` one).

    Connections stay open between requests: a worker thread keeps one.
    """
    words = {word: value for word, value in conninfo_to_dict(url).items() if value is not None}
    entry: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 600}
    entry.update({_NAMES[word]: str(value) for word, value in words.items() if word in _NAMES})
    options = {word: value for word, value in words.items() if word not in _NAMES}
    # Statements are planned once and kept: a write of the store costs half (measured), a page's queries less.
    entry["OPTIONS"] = {
        "application_name": "rapport",
        "prepare_threshold": 2,
        "server_side_binding": True,
        **options,
    }
    entry["CONN_HEALTH_CHECKS"] = True
    return entry
