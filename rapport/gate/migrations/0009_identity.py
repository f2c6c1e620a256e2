"""Records of one person: which may be, which are two people, and what was joined or split.

These are about two people at once. In the record of either they would tell of the other, so they are here.
"""

from django.db import migrations

UP = """
CREATE TABLE identity_pair (
    low text NOT NULL,                 -- Patient/..., the two in order
    high text NOT NULL,
    score integer NOT NULL,
    apart boolean NOT NULL DEFAULT false,   -- a person said: these are two people
    by text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (low, high)
);
CREATE INDEX identity_pair_best ON identity_pair (score DESC, low, high) WHERE NOT apart;
CREATE INDEX identity_pair_high ON identity_pair (high);

CREATE TABLE identity_seen (           -- one row: how far patients have been compared
    updated timestamptz NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE identity_act (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,                -- merge, split
    source text NOT NULL,              -- Patient/...: the replaced one; whose entries left
    target text NOT NULL,              -- Patient/...: the one that stays; whose they became
    part integer NOT NULL,             -- number of the label of what was joined; 0 for a split
    once text NOT NULL UNIQUE,         -- the form that asked for it
    by text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    undone_at timestamptz,
    undone_by text NOT NULL DEFAULT ''
);
CREATE INDEX identity_act_source ON identity_act (source);
CREATE INDEX identity_act_target ON identity_act (target);

CREATE TABLE identity_moved (
    act bigint NOT NULL,
    id bigint NOT NULL,                -- resource.id
    vid integer NOT NULL,              -- the version that the move made
    PRIMARY KEY (act, id)
);
"""

DOWN = "DROP TABLE identity_moved, identity_act, identity_seen, identity_pair;"


class Migration(migrations.Migration):
    """Four tables."""

    dependencies = [("gate", "0008_programs")]
    operations = [migrations.RunSQL(UP, DOWN)]
