"""Denials that name a program bind it.

Most programs are named by nobody, which one look tells for a whole statement: then no row is asked about. The
function says that it costs little, so that PostgreSQL plans the searches of programs as if it were not there.
"""

from django.db import migrations

UP = """
CREATE INDEX access_denial_actor ON access_denial (actor) WHERE NOT exception;

CREATE FUNCTION access_denied_program(
    the_patient bigint, keys bigint[], category bigint, kinds smallint[], action bigint, purpose bigint,
    clearance bigint, row_id bigint, row_sens bigint, row_whn timestamptz, moment timestamptz
) RETURNS boolean LANGUAGE plpgsql STABLE COST 1 AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM access_denial d
                   WHERE d.patient = the_patient AND NOT d.exception AND d.actor = ANY (keys))
        AND access_denied(the_patient, keys, category, kinds, action, purpose, clearance,
                          row_id, row_sens, row_whn, moment);
END $$;
"""
DOWN = "DROP FUNCTION access_denied_program; DROP INDEX access_denial_actor;"


class Migration(migrations.Migration):
    """One index, one function."""

    dependencies = [("gate", "0007_belt")]
    operations = [migrations.RunSQL(UP, DOWN)]
