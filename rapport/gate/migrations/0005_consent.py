"""Grants as narrow as a Consent says, and denials, which win over every grant."""

from django.db import migrations

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
"""

DOWN = """
DROP TABLE access_denial;
ALTER TABLE access_grant DROP COLUMN also, DROP COLUMN types, DROP COLUMN marked, DROP COLUMN since,
    DROP COLUMN until, DROP COLUMN around;
"""


class Migration(migrations.Migration):
    """Six columns, one table."""

    dependencies = [("gate", "0004_exports")]
    operations = [migrations.RunSQL(UP, DOWN)]
