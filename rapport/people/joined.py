"""What follows for sign-ins when two records of one person are joined, or are two again.

On the door's own connection, in the same transaction.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from rapport.fhir.outcomes import Refused
from rapport.gate.identity.moving import Joined
from rapport.people import statements
from rapport.people.models import fresh_epoch

MOVED = "sign-in-moved"
#: What is the person's, and goes where their sign-in goes; what waits for them.
_DRAFTS = (
    "UPDATE people_draft d SET person = %(new)s WHERE person = %(old)s AND NOT EXISTS"
    " (SELECT 1 FROM people_draft o WHERE o.person = %(new)s AND o.place = d.place)"
)
_NOTICES = "UPDATE people_notice SET person = %(new)s WHERE person = %(old)s AND done_at IS NULL"
_INVITED = (
    "UPDATE people_invitation SET ended_at = now()"
    " WHERE person = %(old)s AND used_at IS NULL AND ended_at IS NULL"
)
_NOTE = (
    'INSERT INTO people_event (at, kind, person, "by", why, address)'
    " VALUES (now(), %(kind)s, %(new)s, %(old)s, '', '')"
)
_LAST = (
    'SELECT person FROM people_event WHERE kind = %(kind)s AND ((person = %(new)s AND "by" = %(old)s)'
    ' OR (person = %(old)s AND "by" = %(new)s)) ORDER BY id DESC LIMIT 1'
)


def follow(conn: Connection[Any], joined: Joined) -> None:
    """Let the person's sign-in stand for the record that stays; and for its own again, when it is undone.

    Refused("conflict") where both records have a sign-in: who is who is then asked of the person.
    """
    old, new = joined.source, joined.target
    if joined.undone:
        last = conn.execute(_LAST, {"kind": MOVED, "old": old, "new": new}).fetchone()
        if last is not None and last[0] == new:
            _move(conn, new, old)
    elif statements.signs_in(conn, old):
        if conn.execute("SELECT 1 FROM people_user WHERE person = %s", (new,)).fetchone():
            raise Refused(
                "conflict",
                "Both records have a sign-in. They may be two people.",
                "Ask the person which one they use, and close the other first.",
            )
        _move(conn, old, new)
    else:
        conn.execute(_INVITED, {"old": old})
    statements.renew_epochs(conn, [old, new, *joined.kin], fresh_epoch())


def _move(conn: Connection[Any], old: str, new: str) -> None:
    said = {"old": old, "new": new, "kind": MOVED}
    conn.execute("UPDATE people_user SET person = %(new)s WHERE person = %(old)s", said)
    for statement in (_DRAFTS, _NOTICES, _NOTE):
        conn.execute(statement, said)
