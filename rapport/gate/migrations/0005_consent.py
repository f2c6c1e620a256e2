"""Grants as narrow as a Consent says, and denials, which win over every grant."""

from django.db import migrations

UNDATED = "0001-01-01 00:00:00+00"  # the clinical time of what has none

# Bounds that a grant, a denial and an exception share; their defaults bound nothing.
_BOUNDS = (
    "also bigint[] NOT NULL DEFAULT '{}'",  # keys that who asks must have besides `actor`
    "types smallint[] NOT NULL DEFAULT '{}'",  # these types besides the categories
    "marked bigint NOT NULL DEFAULT 0",  # labels that the row must carry, all of them
    "since timestamptz NOT NULL DEFAULT '-infinity'",  # the clinical time of the row
    "until timestamptz NOT NULL DEFAULT 'infinity'",
    "around boolean NOT NULL DEFAULT true",  # with a scope: also what refers to it
)

UP = f"""
ALTER TABLE access_grant ADD COLUMN {", ADD COLUMN ".join(_BOUNDS)};

CREATE TABLE access_denial (
    patient bigint NOT NULL,
    actor bigint NOT NULL,                     -- key of a person, a position or a team; 0: everybody
    categories bigint NOT NULL,
    labels bigint NOT NULL,                    -- of an exception: the row has none beyond these
    actions bigint NOT NULL,
    purposes bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    scope bigint,
    source bigint NOT NULL,                    -- key of the Consent
    number integer NOT NULL,                   -- of a denial in its Consent; its exceptions bear the same
    exception boolean NOT NULL,
    why text NOT NULL,
    {", ".join(_BOUNDS)}
);
CREATE INDEX access_denial_patient ON access_denial (patient) WHERE NOT exception;
CREATE INDEX access_denial_exceptions ON access_denial (source, number) WHERE exception;
CREATE INDEX access_denial_source ON access_denial (source);

-- Whether a denial forbids who goes by these keys to do this to a row, and no exception of it lets them.
-- It is a function so that statements about patients who deny nothing have no part of it.
CREATE FUNCTION access_denied(
    the_patient bigint, keys bigint[], category bigint, kinds smallint[], action bigint, purpose bigint,
    clearance bigint, row_id bigint, row_sens bigint, row_whn timestamptz, moment timestamptz
) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM access_denial d WHERE d.patient = the_patient AND NOT d.exception
        AND (d.actor = 0 OR d.actor = ANY(keys)) AND d.also <@ keys
        AND (d.categories & category <> 0 OR d.types && kinds)
        AND d.actions & action <> 0 AND d.purposes & purpose <> 0 AND row_sens & d.marked = d.marked
        AND d.valid_from <= moment AND d.valid_until > moment
        AND row_whn < d.until AND (row_whn >= d.since OR row_whn = '{UNDATED}')
        AND (d.scope IS NULL OR d.scope = row_id OR (d.around
            AND EXISTS (SELECT 1 FROM index_ref s WHERE s.id = row_id AND s.target = d.scope)))
        AND NOT EXISTS (
            SELECT 1 FROM access_denial x WHERE x.exception AND x.source = d.source AND x.number = d.number
            AND x.actor = ANY(keys) AND x.also <@ keys
            AND (x.categories & category <> 0 OR x.types && kinds)
            AND x.actions & action <> 0 AND x.purposes & purpose <> 0
            AND row_sens & ~(x.labels & clearance) = 0 AND row_sens & x.marked = x.marked
            AND x.valid_from <= moment AND x.valid_until > moment
            AND row_whn < x.until AND row_whn >= x.since
            AND (x.scope IS NULL OR x.scope = row_id OR (x.around
                AND EXISTS (SELECT 1 FROM index_ref s WHERE s.id = row_id AND s.target = x.scope)))));
END $$;
"""

DOWN = """
DROP FUNCTION access_denied;
DROP TABLE access_denial;
ALTER TABLE access_grant DROP COLUMN also, DROP COLUMN types, DROP COLUMN marked, DROP COLUMN since,
    DROP COLUMN until, DROP COLUMN around;
"""


class Migration(migrations.Migration):
    """Six columns, one table, one function."""

    dependencies = [("gate", "0004_exports")]
    operations = [migrations.RunSQL(UP, DOWN)]
