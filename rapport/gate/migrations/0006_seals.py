"""The chain over the audit. A seal is a row of its own, so that nobody ever needs to change an audit row."""

from django.db import migrations

UP = """
CREATE TABLE audit_seal (
    position bigint PRIMARY KEY,       -- 1, 2, 3 ... without a gap, in the order of sealing
    audit bigint NOT NULL UNIQUE,      -- audit.id
    hmac bytea NOT NULL                -- over the seal before, the position and the row
);
ALTER TABLE audit DROP COLUMN prev, DROP COLUMN hmac;
"""

DOWN = """
ALTER TABLE audit ADD COLUMN prev bytea, ADD COLUMN hmac bytea;
DROP TABLE audit_seal;
"""


class Migration(migrations.Migration):
    """One table instead of two columns."""

    dependencies = [("gate", "0005_consent")]
    operations = [migrations.RunSQL(UP, DOWN)]
