"""The table of the shared cache (guess counters, used one-time codes)."""

from django.db import migrations

MAKE = """
CREATE TABLE people_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX people_cache_expires ON people_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [migrations.RunSQL(MAKE, "DROP TABLE people_cache")]
