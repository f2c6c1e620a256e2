"""Two roles of PostgreSQL: one owns the tables, for migrations and imports; as the other Rapport works.

That one owns nothing, so row-level security holds it back (`rapport.gate.belts`). It can add to the audit and
never change it, and it can't change a table or a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict

#: What is only ever added to, and what the owner alone writes.
ADDED_TO = ("audit", "audit_seal")
OWNERS = ("django_migrations",)
_HOW = "See docs/how-to/use-your-own-postgresql.md."


def allow(conn: Connection[Any], role: str) -> None:
    """Let a role work with the tables that are there or come, and no more; on a connection of their owner."""
    name = sql.Identifier(role)
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {}",
    ):
        conn.execute(sql.SQL(statement).format(name))
    for tables, rights in ((ADDED_TO, "UPDATE, DELETE"), (OWNERS, "INSERT, UPDATE, DELETE")):
        for table in tables:
            if conn.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,):
                taken = sql.SQL(f"REVOKE {rights} ON {{}} FROM {{}}")
                conn.execute(taken.format(sql.Identifier(table), name))


def another(url: str, owner_url: str) -> str:
    """The role of `url` where it is not that of `owner_url`; "" where one role is all there is."""
    role, owner = (str(conninfo_to_dict(each).get("user") or "") for each in (url, owner_url))
    return role if role != owner else ""


_ROLE = """
    SELECT r.rolsuper OR r.rolbypassrls, has_schema_privilege('public', 'CREATE'),
           pg_has_role('pg_read_all_stats', 'USAGE'),
           EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = 'public' AND pg_has_role(c.relowner, 'USAGE'))
    FROM pg_roles r WHERE r.rolname = current_user"""
_CHANGED = "SELECT has_table_privilege('audit', 'UPDATE') OR has_table_privilege('audit', 'DELETE')"


def doubts(conn: Connection[Any]) -> Iterator[str]:
    """What the role of this connection may do that Rapport at work should not, as sentences."""
    row = conn.execute(_ROLE).fetchone()
    assert row is not None
    above, making, seeing, owning = row
    if above or owning:
        said = "is above row-level security" if above else "owns Rapport's tables"
        yield (
            f"The database role that Rapport works as {said}: a mistake in one query would meet no second "
            f"bound, and the audit could be changed. Give the owner in DATABASE_OWNER_URL. {_HOW}"
        )
        return
    if making:
        yield f"The database role that Rapport works as can make tables. {_HOW}"
    if (conn.execute(_CHANGED).fetchone() or (False,))[0]:
        yield f"The database role that Rapport works as can change the audit. {_HOW}"
    if not seeing:
        yield f"An export may miss what an import is just storing: grant pg_read_all_stats. {_HOW}"
