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


def follow(conn: Connection[Any], joined: Joined) -> None:
    """Let the person's sign-in stand for the record that stays; and for its own again, when it is undone.

    Refused("conflict") where both records have a sign-in: who is who is then asked of the person.
    """
    old, new = joined.source, joined.target
    if joined.undone:
        if statements.account_came_from(conn, old, new):
            statements.move_account(conn, new, old)
    elif statements.signs_in(conn, old):
        if statements.has_account(conn, new):
            raise Refused(
                "conflict",
                "Both records have a sign-in. They may be two people.",
                "Ask the person which one they use, and close the other first.",
            )
        statements.move_account(conn, old, new)
    else:
        statements.end_invitations(conn, old)
    statements.renew_epochs(conn, [old, new, *joined.kin], fresh_epoch())
