"""Whose each entity of an audit row is, so that every patient can be shown their own part."""

from django.db import migrations

UP = "ALTER TABLE audit ADD COLUMN owners bigint[] NOT NULL DEFAULT '{}';"  # beside entities, 0 for none


class Migration(migrations.Migration):
    """One column."""

    dependencies = [("gate", "0002_imported")]
    operations = [migrations.RunSQL(UP, "ALTER TABLE audit DROP COLUMN owners;")]
