"""Grants, audit, openings and live topics."""

from django.db import migrations

UP = """
CREATE TABLE access_grant (
    actor bigint NOT NULL,             -- key of a person, a position or a team
    patient bigint NOT NULL,           -- key of the compartment
    categories bigint NOT NULL,
    labels bigint NOT NULL,            -- sensitivities that it clears
    actions bigint NOT NULL,
    purposes bigint NOT NULL,
    valid_from timestamptz NOT NULL DEFAULT '-infinity',
    valid_until timestamptz NOT NULL DEFAULT 'infinity',
    scope bigint,                      -- only this resource and what refers to it; NULL: the whole category
    source bigint NOT NULL,            -- key of the resource that the grant was compiled from
    rule text NOT NULL,
    why text NOT NULL
);
CREATE INDEX access_grant_patient ON access_grant (patient, actor);
CREATE INDEX access_grant_actor ON access_grant (actor, patient);
CREATE INDEX access_grant_whole ON access_grant (actor, patient) WHERE scope IS NULL;
CREATE INDEX access_grant_source ON access_grant (source);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor bigint NOT NULL,
    ref text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    purpose text NOT NULL,
    action "char" NOT NULL,            -- C, R, U, D, E as in FHIR AuditEvent.action
    outcome "char" NOT NULL,           -- 0 done, 4 refused, 8 failed
    source text NOT NULL,              -- page, api, job, import
    request text NOT NULL,
    why text NOT NULL,
    query text NOT NULL,
    patients bigint[] NOT NULL,
    entities text[] NOT NULL,          -- "r Patient/1/_history/2"
    prev bytea,
    hmac bytea                         -- prev and hmac are filled by the sealer alone
);
CREATE INDEX audit_patients ON audit USING gin (patients);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE seen (
    message bigint NOT NULL,
    actor bigint NOT NULL,
    ref text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (message, actor)
);

CREATE TABLE live (
    topic bigint PRIMARY KEY,
    n bigint NOT NULL
);
"""

DOWN = "DROP TABLE live, seen, audit, access_grant;"


class Migration(migrations.Migration):
    """Raw tables: the gate asks them with its own SQL."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(UP, DOWN)]
