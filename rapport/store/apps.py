"""The store as a Django app: it brings its migrations and nothing else (no models)."""

from __future__ import annotations

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Tables of the record. Only `gate` may use the store."""

    name = "rapport.store"
    label = "store"
    verbose_name = "Rapport: the record"
