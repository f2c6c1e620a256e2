"""The resources of a type by clinical time: the order in which a search without conditions shows them.

Their last change would not do: what is changed while somebody turns the pages would move past them.
"""

from __future__ import annotations

from django.db import migrations

CREATE = "CREATE INDEX resource_by_time ON resource (rtype, whn, id) INCLUDE (patient, sens, deleted);"


class Migration(migrations.Migration):
    """One index."""

    dependencies = [("store", "0002_frequencies")]
    operations = [migrations.RunSQL(CREATE, "DROP INDEX resource_by_time;")]
