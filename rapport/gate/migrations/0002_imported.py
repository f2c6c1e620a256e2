"""What has been imported, by the hash of its content: the same again is left alone."""

from django.db import migrations

UP = """
CREATE TABLE imported (
    content bytea PRIMARY KEY,         -- hash of a bundle, or of some lines of a file
    name text NOT NULL,                -- the file it came from
    resources integer NOT NULL,        -- how many the record has from it
    at timestamptz NOT NULL DEFAULT now()
);
"""


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("gate", "0001_gate"), ("store", "0001_record")]
    operations = [migrations.RunSQL(UP, "DROP TABLE imported;")]
