"""The few statements that must run on a door's own connection, and those that every page runs.

A door may stand on Django's connection (pages), on the pool of `/fhir`, or on a job's. Django's models
reach the first alone; these reach all. And a query of Django's models costs ten times what it takes to
send the statement, which pages feel. Nothing else in this room writes SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple

from psycopg import Connection

from rapport.gate.actor import Warrant

Conn = Connection[Any]


class Bearer(NamedTuple):
    """What a living bearer token stands for: a person (`person` set) or a client (`client` set)."""

    person: str | None
    name: str
    epoch: int
    client: str | None
    scopes: str


def bearer(conn: Conn, token_hash: str) -> Bearer | None:
    """The owner of a token that is neither over, nor revoked, nor of a closed account. One look-up by key."""
    row = conn.execute(
        "SELECT u.person, coalesce(u.display_name, c.name), coalesce(u.epoch, c.epoch), c.id, t.scopes"
        " FROM people_token t LEFT JOIN people_user u ON u.id = t.user_id"
        " LEFT JOIN people_client c ON c.id = t.client_id"
        " WHERE t.hash = %s AND t.revoked_at IS NULL AND t.expires_at > now()"
        " AND coalesce(u.is_active, c.is_active)",
        (token_hash,),
    ).fetchone()
    return Bearer(*row) if row else None


def warrant(token_hash: str, owner: Bearer) -> Warrant:
    """What must hold at each request for this token still to be the owner's, as they were: see `bearer`."""
    table, key = ("people_client", "client_id") if owner.client else ("people_user", "user_id")
    sql = (
        f"EXISTS (SELECT 1 FROM people_token wt JOIN {table} wo ON wo.id = wt.{key}"  # noqa: S608
        " WHERE wt.hash = %(warrant_hash)s AND wt.revoked_at IS NULL AND wt.expires_at > now()"
        " AND wo.is_active AND wo.epoch = %(warrant_epoch)s)"
    )
    return Warrant(sql, {"warrant_hash": token_hash, "warrant_epoch": owner.epoch})


def sign_in(conn: Conn, key: str, columns: str) -> tuple[Any, ...] | None:
    """The data of a living sign-in, then these columns of its account `u` (NULL for a visitor's)."""
    return conn.execute(
        f"SELECT s.session_data, {columns} FROM people_session s"  # noqa: S608
        " LEFT JOIN people_user u ON u.id = s.user_id WHERE s.session_key = %s AND s.expire_date > now()",
        (key,),
    ).fetchone()


def signs_in(conn: Conn, person: str) -> bool:
    """Whether this person has an account that is open."""
    sql = (
        "SELECT 1 FROM people_user WHERE is_active AND (person = %(who)s"
        " OR id IN (SELECT user_id FROM people_standing WHERE person = %(who)s))"
    )
    return conn.execute(sql, {"who": person}).fetchone() is not None


def draft(conn: Conn, person: str, place: str) -> str | None:
    """What a person has written at a place and not sent yet; None where there is nothing."""
    sql = "SELECT text FROM people_draft WHERE person = %s AND place = %s"
    row = conn.execute(sql, (person, place)).fetchone()
    return row[0] if row else None


def renew_epochs(conn: Conn, persons: Sequence[str], epoch: int) -> None:
    """Give the accounts of these people a new epoch: whatever was worked out about them before is void."""
    conn.execute(
        "UPDATE people_user SET epoch = greatest(%(epoch)s, epoch + 1) WHERE person = ANY(%(who)s::text[])"
        " OR id IN (SELECT user_id FROM people_standing WHERE person = ANY(%(who)s::text[]))",
        {"epoch": epoch, "who": sorted(set(persons))},
    )


def close_account(conn: Conn, person: str, epoch: int) -> None:
    """Nobody signs in as this person from now on; sign-ins and tokens stay, and open nothing."""
    conn.execute(
        "UPDATE people_user SET is_active = false, epoch = greatest(%s, epoch + 1)"
        " WHERE person = %s AND is_active",
        (epoch, person),
    )


def open_account(conn: Conn, person: str, epoch: int) -> None:
    """Undo `close_account`; who has left stays away."""
    conn.execute(
        "UPDATE people_user SET is_active = true, epoch = greatest(%s, epoch + 1)"
        " WHERE person = %s AND NOT is_active AND left_at IS NULL",
        (epoch, person),
    )


def mails_that_wait(conn: Conn, person: str) -> list[int]:
    """The numbers of the e-mails to a person that are not sent yet."""
    rows = conn.execute("SELECT id FROM people_mail WHERE person = %s AND state = 'waiting'", (person,))
    return [int(row[0]) for row in rows.fetchall()]


def add_notice(conn: Conn, person: str, kind: str, about: str, key: str, due: datetime) -> bool:
    """Write a notice down; False when one of that key is there already."""
    return (
        conn.execute(
            "INSERT INTO people_notice (person, kind, about, key, created_at, due_at, lost)"
            " VALUES (%s, %s, %s, %s, now(), %s, '') ON CONFLICT (key) DO NOTHING",
            (person, kind, about, key, due),
        ).rowcount
        > 0
    )


def quiet_of(conn: Conn, person: str) -> tuple[time, time] | None:
    """The local hours in which a person wants no e-mail; None where they leave it to the site."""
    row = conn.execute("SELECT begins, ends FROM people_quiet WHERE person = %s", (person,)).fetchone()
    return (row[0], row[1]) if row else None


def set_quiet(conn: Conn, person: str, hours: tuple[time, time] | None) -> None:
    """Keep the hours in which a person wants no e-mail; None for those of the site."""
    if hours is None:
        conn.execute("DELETE FROM people_quiet WHERE person = %s", (person,))
        return
    conn.execute(
        "INSERT INTO people_quiet (person, begins, ends) VALUES (%s, %s, %s)"
        " ON CONFLICT (person) DO UPDATE SET begins = excluded.begins, ends = excluded.ends",
        (person, *hours),
    )


def settle_notices(conn: Conn, person: str, about: str) -> None:
    """Nothing to tell any more: the person has seen what these notices are about."""
    conn.execute(
        "UPDATE people_notice SET done_at = now() WHERE person = %s AND about = %s AND done_at IS NULL",
        (person, about),
    )


def absences_on(conn: Conn, persons: Sequence[str], day: date) -> dict[str, str]:
    """Who of these people is away that day, and who covers ("" for nobody); the latest entry counts."""
    rows = conn.execute(
        "SELECT DISTINCT ON (person) person, cover FROM people_absence"
        " WHERE person = ANY(%s::text[]) AND first_day <= %s AND last_day >= %s ORDER BY person, id DESC",
        (sorted(set(persons)), day, day),
    ).fetchall()
    return dict(rows)


def forget_codes(conn: Conn) -> None:
    """Delete what the shared cache need not remember any more; Django does so only when it is full."""
    conn.execute("DELETE FROM people_cache WHERE expires < now()")


def left(conn: Conn, persons: Sequence[str]) -> set[str]:
    """Who of these people had an account that is closed now."""
    rows = conn.execute(
        "SELECT person FROM people_user WHERE person = ANY(%s::text[]) AND NOT is_active",
        (sorted(set(persons)),),
    ).fetchall()
    return {row[0] for row in rows}


def has_account(conn: Conn, person: str) -> bool:
    """Whether this person has an account, open or closed."""
    return conn.execute("SELECT 1 FROM people_user WHERE person = %s", (person,)).fetchone() is not None


#: The event of an account that stands for another record now: person is that record, `by` the one before.
_MOVED = "sign-in-moved"
#: What goes where the account goes: words not sent yet, and when and what the person is still to be told.
_BELONGINGS = (
    "UPDATE people_user SET person = %(new)s WHERE person = %(old)s",
    "UPDATE people_draft d SET person = %(new)s WHERE person = %(old)s AND NOT EXISTS"
    " (SELECT 1 FROM people_draft o WHERE o.person = %(new)s AND o.place = d.place)",
    "UPDATE people_quiet q SET person = %(new)s WHERE person = %(old)s AND NOT EXISTS"
    " (SELECT 1 FROM people_quiet o WHERE o.person = %(new)s)",
    "UPDATE people_notice SET person = %(new)s WHERE person = %(old)s AND done_at IS NULL",
    'INSERT INTO people_event (at, kind, person, "by", why, address)'
    " VALUES (now(), %(kind)s, %(new)s, %(old)s, '', '')",
)


def move_account(conn: Conn, old: str, new: str) -> None:
    """Let the account of one `Patient/…` stand for another; it is written down."""
    for statement in _BELONGINGS:
        conn.execute(statement, {"old": old, "new": new, "kind": _MOVED})


def account_came_from(conn: Conn, old: str, new: str) -> bool:
    """Whether the account of `new` is the one that stood for `old`, by the last move between the two."""
    row = conn.execute(
        'SELECT person FROM people_event WHERE kind = %(kind)s AND ((person = %(new)s AND "by" = %(old)s)'
        ' OR (person = %(old)s AND "by" = %(new)s)) ORDER BY id DESC LIMIT 1',
        {"old": old, "new": new, "kind": _MOVED},
    ).fetchone()
    return row is not None and row[0] == new


def end_invitations(conn: Conn, person: str) -> None:
    """End the open invitation of a person whom another record stands for now."""
    conn.execute(
        "UPDATE people_invitation SET ended_at = now()"
        " WHERE person = %s AND used_at IS NULL AND ended_at IS NULL",
        (person,),
    )
