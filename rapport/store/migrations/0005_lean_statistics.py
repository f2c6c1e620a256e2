"""As much statistics of keys as of all else: where a search begins is counted, not guessed (`counting`).

Long lists of common keys took the server two to ten times as long to keep, at each look at a large table.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

_BEFORE = import_module("rapport.store.migrations.0001_record")

CREATE = """
ALTER TABLE index_token ALTER COLUMN key SET STATISTICS -1;
ALTER TABLE index_number ALTER COLUMN key SET STATISTICS -1;
DROP STATISTICS index_ref_pairs;
"""


class Migration(migrations.Migration):
    """Statistics as PostgreSQL keeps them by itself."""

    dependencies = [("store", "0004_counting")]
    operations = [migrations.RunSQL(CREATE, _BEFORE.STATISTICS)]
