"""The tables of the record: versions and their index rows.

Every index row carries what the gate and the usual sort ask for (patient, clinical time,
sensitivity), so that a page of ids is known before `resource` is touched. Each index table has
two B-trees: one by resource (to compare and delete the rows of one resource, and to ask "does
this one match too?"), one by search value. Comparisons used on them are leakproof ones only.
"""

from __future__ import annotations

from django.db import migrations

_VERSION = """
    id bigint NOT NULL,
    seq bigint NOT NULL,
    updated timestamptz NOT NULL,
    patient bigint NOT NULL,
    whn timestamptz NOT NULL,
    sens bigint NOT NULL,
    vid integer NOT NULL,
    rtype smallint NOT NULL,
    deleted boolean NOT NULL,
    rid varchar COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL
"""

_CARRIED = "id bigint NOT NULL, patient bigint NOT NULL, whn timestamptz NOT NULL, sens bigint NOT NULL"

_TABLES = f"""
CREATE SEQUENCE record_seq AS bigint;

CREATE TABLE resource ({_VERSION}, PRIMARY KEY (id));
CREATE INDEX resource_of_type ON resource (rtype, updated, id) INCLUDE (patient, sens, deleted);
CREATE INDEX resource_in_order ON resource (seq);

CREATE TABLE history ({_VERSION}, PRIMARY KEY (id, vid));
CREATE INDEX history_of_type ON history (rtype, updated, id);
CREATE INDEX history_in_order ON history (seq);

CREATE TABLE index_token (key bigint NOT NULL, second bigint NOT NULL, {_CARRIED},
    PRIMARY KEY (id, key, second));
CREATE INDEX index_token_find ON index_token (key, patient, whn, id) INCLUDE (second, sens);

CREATE TABLE index_ref (key bigint NOT NULL, target bigint NOT NULL, {_CARRIED},
    PRIMARY KEY (id, key, target));
CREATE INDEX index_ref_find ON index_ref (key, target, whn, id) INCLUDE (patient, sens);

CREATE TABLE index_date (key bigint NOT NULL, low timestamptz NOT NULL, high timestamptz NOT NULL, {_CARRIED},
    PRIMARY KEY (id, key, low, high));
CREATE INDEX index_date_find ON index_date (key, low, id) INCLUDE (high, patient, sens);

CREATE TABLE index_number (key bigint NOT NULL, low float8 NOT NULL, high float8 NOT NULL, unit bigint NOT NULL,
    {_CARRIED}, PRIMARY KEY (id, key, unit, low, high) INCLUDE (patient));
CREATE INDEX index_number_find ON index_number (key, unit, low, id) INCLUDE (high, patient, sens);

CREATE TABLE index_string (key bigint NOT NULL, {_CARRIED}, value varchar COLLATE "C" NOT NULL,
    PRIMARY KEY (id, key, value));
CREATE INDEX index_string_find ON index_string (key, value, id) INCLUDE (patient, sens);

CREATE TABLE index_uri (key bigint NOT NULL, {_CARRIED}, value varchar COLLATE "C" NOT NULL,
    PRIMARY KEY (id, key, value));
CREATE INDEX index_uri_find ON index_uri (key, value, id) INCLUDE (patient, sens);
"""

# A few keys stand on a large part of all rows (`status=final`, a busy team), most on a handful. The planner
# has to tell them apart to begin a search at the rare one, so it keeps a long list of the common ones.
STATISTICS = """
ALTER TABLE index_token ALTER COLUMN key SET STATISTICS 500;
ALTER TABLE index_number ALTER COLUMN key SET STATISTICS 500;
CREATE STATISTICS index_ref_pairs (mcv) ON key, target FROM index_ref;
ALTER STATISTICS index_ref_pairs SET STATISTICS 500;
"""

CREATE = _TABLES + STATISTICS

DROP = """
DROP TABLE resource, history, index_token, index_ref, index_date, index_number, index_string, index_uri;
DROP SEQUENCE record_seq;
"""


class Migration(migrations.Migration):
    """First form of the record."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(CREATE, DROP)]
