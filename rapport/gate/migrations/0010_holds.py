"""What waits for a talk: held from the person and their circle until a moment, after which it is not."""

from django.db import migrations

UP = """
CREATE TABLE access_hold (
    patient bigint NOT NULL,
    resource bigint NOT NULL,      -- key of what is held; what refers to it is held with it
    ends timestamptz NOT NULL,     -- from this moment on it is not held: nothing has to run
    source bigint NOT NULL         -- key of the Task that says so
);
CREATE INDEX access_hold_patient ON access_hold (patient, ends);
CREATE INDEX access_hold_source ON access_hold (source);

-- It is a function so that statements about patients from whom nothing is held have no part of it.
CREATE FUNCTION access_held(the_patient bigint, row_id bigint, moment timestamptz)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM access_hold h WHERE h.patient = the_patient AND h.ends > moment
        AND (h.resource = row_id OR EXISTS (
            SELECT 1 FROM index_ref s WHERE s.id = row_id AND s.target = h.resource)));
END $$;
"""
DOWN = "DROP FUNCTION access_held; DROP TABLE access_hold;"


class Migration(migrations.Migration):
    """One table, one function."""

    dependencies = [("gate", "0009_identity")]
    operations = [migrations.RunSQL(UP, DOWN)]
