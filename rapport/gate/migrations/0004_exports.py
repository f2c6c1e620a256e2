"""Exports under way and done. Their files lie in the data directory; a row says whose they are."""

from django.db import migrations

UP = """
CREATE TABLE bulk_export (
    id text PRIMARY KEY,
    client text NOT NULL,              -- the program that asked, and alone has the files: Device/...
    scopes text NOT NULL,              -- what its token allowed then
    request text NOT NULL,             -- the address that it asked
    wanted jsonb NOT NULL,             -- what it asked for
    at timestamptz NOT NULL,           -- the moment whose record it gets
    state text NOT NULL DEFAULT 'running',   -- running, done, failed
    place jsonb NOT NULL,              -- how far it is: type, updated, id
    files jsonb NOT NULL DEFAULT '{}', -- type -> [bytes, resources]
    tries integer NOT NULL DEFAULT 0,  -- begun so often without getting any further
    begun_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL       -- nothing is given out, and nothing kept, after that
);
CREATE INDEX bulk_export_client ON bulk_export (client);
"""


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("gate", "0003_owners")]
    operations = [migrations.RunSQL(UP, "DROP TABLE bulk_export;")]
