"""`rapport staff`: who works here."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from rapport.people import accounts, actors, factors, invitations, leavers, site
from rapport.people.models import User
from rapport.people.terminal import Terminal, door, who


class Command(Terminal):
    """Add people who work here, let them go, reset a lost second factor, list them."""

    help = "Add the people who work here, let them go, reset a lost second factor, list them."

    def add_words(self, parser: ArgumentParser) -> None:
        """Four verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        add = verbs.add_parser(
            "add", help="a new account, with a position in the record and a code to begin with"
        )
        add.add_argument("email")
        add.add_argument("--name", required=True, help='as others read it: "Dara Okafor"')
        add.add_argument("--role", default="nurse", help='what they are: "nurse", "GP" (nurse)')
        add.add_argument("--person", default="", help="their Practitioner, if the record has one already")
        add.add_argument("--team", default="", help="the id of a team of the settings, such as practice")
        add.add_argument(
            "--duty", action="append", default=[], choices=actors.DUTIES, help="may be given again"
        )
        add.add_argument(
            "--email-link", action="store_true", help="send the way in by e-mail instead of printing it"
        )
        leave = verbs.add_parser("leave", help="close an account; open questions go back to the team")
        reset = verbs.add_parser("reset-factor", help="take a lost second factor away")
        for verb in (leave, reset):
            verb.add_argument("email")
            verb.add_argument("--why", default="", required=verb is reset, help="kept with what was done")
        verbs.add_parser("list", help="everyone who works here")
        for verb in verbs.choices.values():
            verb.add_argument("--json", action="store_true", default=False, help="print the result as JSON")

    def act(self, options: dict[str, Any]) -> tuple[Any, str]:
        """Do the verb."""
        verb = {"add": add, "leave": leave, "reset-factor": reset, "list": listed}[options["verb"]]
        return verb(options)


def add(options: dict[str, Any]) -> tuple[Any, str]:
    """A new account, and how they get in."""
    new = accounts.NewStaff(
        options["email"],
        options["name"],
        options["role"],
        options["team"],
        tuple(options["duty"]),
        options["person"],
    )
    user, position = accounts.add_staff(door(), new)
    row, secret = invitations.invite_staff(user, who(), email=options["email_link"])
    address = site.current().base_url
    result = {
        "person": user.person,
        "position": position,
        "code": "" if row.email else secret,
        "at": f"{address}/join/",
    }
    way = (
        f"A link is on its way to {user.email}."
        if row.email
        else f"Their way in: {address}/join/ with the code {secret}"
    )
    return result, f"{user.display_name} is {user.person}, position {position}.\n{way}"


def leave(options: dict[str, Any]) -> tuple[Any, str]:
    """Close an account at once."""
    user = accounts.by_email(options["email"])
    ended = leavers.leave(door(), user, why=options["why"])
    return {
        "person": user.person,
        "ended": list(ended),
    }, f"{user.display_name} is signed out and cannot come back in."


def reset(options: dict[str, Any]) -> tuple[Any, str]:
    """Take a lost second factor away."""
    user = accounts.by_email(options["email"])
    accounts.reset_factor(user, by=who(), why=options["why"])
    return {"person": user.person}, f"{user.display_name} sets up a new second factor at the next sign-in."


def listed(options: dict[str, Any]) -> tuple[Any, str]:
    """Everyone who works here."""
    conn = door().conn
    found = []
    for user in User.objects.filter(person__startswith="Practitioner/").order_by("display_name"):
        held = actors.positions(conn, practitioner=user.person) if user.is_active else []
        found.append({
            "person": user.person, "name": user.display_name, "email": user.email, "active": user.is_active,
            "positions": [at.ref for at in held], "teams": [at.team for at in held],
            "duties": sorted({duty for at in held for duty in at.duties}), "factor": factors.enrolled(user),
        })  # fmt: skip
    lines = [f"{one['name']:30} {one['email']:34} {', '.join(one['teams']) or 'no team'}" for one in found]  # type: ignore[arg-type]
    return found, "\n".join(lines) or "Nobody works here yet. Add someone: rapport staff add"
