"""The second belt: row-level security on the record. The door says in each transaction for whom it asks.

`rapport.door` is a setting of the transaction (`rapport.gate.belts`). Without it nobody but the owner of the
tables sees or changes a row. It bounds by patient alone; what of a patient somebody sees, the filter says.

Index rows of everybody stand open to staff: they hold hashes, numbers and dates, are read by the thousand, and
lead to nothing that the belt of `resource` would not hold back. Those with words in them are held back.
"""

from django.db import migrations

from rapport.fhir.definitions import TYPE_NUMBERS

BINARY = TYPE_NUMBERS["Binary"]
KEPT = ", ".join(str(TYPE_NUMBERS[name]) for name in ("CareTeam", "Consent", "Patient"))

# Functions in which nothing can be inlined keep plans short; each is asked once a statement, and when needed.
_FUNCTIONS = f"""
CREATE FUNCTION belt() RETURNS text LANGUAGE plpgsql STABLE AS
$$ BEGIN RETURN coalesce(split_part(current_setting('rapport.door', true), ':', 1), ''); END $$;

CREATE FUNCTION belt_keys() RETURNS bigint[] LANGUAGE plpgsql STABLE AS
$$ BEGIN RETURN nullif(split_part(current_setting('rapport.door', true), ':', 2), '')::bigint[]; END $$;

-- Patients of whom somebody with these keys may see anything; 0, whom nobody owns, to whoever asks by a door.
CREATE FUNCTION belt_patients() RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$ BEGIN
    RETURN CASE WHEN belt() = '' THEN '{{}}' ELSE ARRAY(
        SELECT g.patient FROM access_grant g WHERE g.actor = ANY (belt_keys())
        AND g.valid_from <= now() AND g.valid_until > now() UNION SELECT 0) END;
END $$;

-- A file that belongs to a patient or a conversation of which they may see anything. It looks as the owner.
CREATE FUNCTION belt_file(file bigint) RETURNS boolean LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = public AS $$ BEGIN
    RETURN EXISTS (
        SELECT 1 FROM index_ref f JOIN resource c ON c.id = f.target JOIN access_grant g ON g.patient = c.patient
        WHERE f.id = file AND g.actor = ANY (belt_keys()) AND g.valid_from <= now() AND g.valid_until > now());
END $$;
"""

# OFFSET keeps PostgreSQL from gathering all patients of somebody who has thousands.
_GRANTED = """EXISTS (
    SELECT 1 FROM access_grant g WHERE g.patient = {t}.patient AND g.actor = ANY ((SELECT belt_keys())::bigint[])
    AND g.valid_from <= now() AND g.valid_until > now() OFFSET 0)"""

_VERSIONS = f"""(SELECT belt() = 'all') OR {_GRANTED}
    OR (patient = 0 AND (SELECT belt() <> '') AND (rtype <> {BINARY} OR belt_file(id)))
    OR (rtype IN ({KEPT}) AND (SELECT belt() = 'keeper'))"""
_WORDS = f"(SELECT belt() IN ('all', 'keeper')) OR {_GRANTED} OR (patient = 0 AND (SELECT belt() <> ''))"
_HASHES = (
    "(SELECT belt() IN ('all', 'keeper', 'staff')) OR patient = ANY ((SELECT belt_patients())::bigint[])"
)

POLICIES = {
    "resource": _VERSIONS,
    "history": _VERSIONS,
    "index_string": _WORDS,
    **dict.fromkeys(("index_token", "index_ref", "index_date", "index_number", "index_uri"), _HASHES),
}

UP = _FUNCTIONS + "".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
    f"CREATE POLICY belt ON {table} USING ({policy.format(t=table)});\n"
    for table, policy in POLICIES.items()
)
DOWN = (
    "".join(
        f"DROP POLICY belt ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;\n" for table in POLICIES
    )
    + "DROP FUNCTION belt_file, belt_patients, belt_keys, belt;"
)


class Migration(migrations.Migration):
    """Four functions, eight policies."""

    dependencies = [("gate", "0006_seals"), ("store", "0003_by_time")]
    operations = [migrations.RunSQL(UP, DOWN)]
