"""No more look at what PostgreSQL knows of common keys: the rows of a condition are counted (`counting`)."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

_BEFORE = import_module("rapport.store.migrations.0002_frequencies")


class Migration(migrations.Migration):
    """One function less."""

    dependencies = [("store", "0003_by_time")]
    operations = [migrations.RunSQL("DROP FUNCTION index_frequencies();", _BEFORE.CREATE)]
