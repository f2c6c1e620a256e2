"""`rapport token`: a bearer token with exactly the rights of a person."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from rapport.people import accounts, tokens
from rapport.people.models import User
from rapport.people.terminal import Terminal, who


class Command(Terminal):
    """Print a bearer token of a person. It is written down who made it."""

    help = "Print a bearer token for /fhir with exactly the rights of a person. It is written down."

    def add_words(self, parser: ArgumentParser) -> None:
        """Whose, and for how long."""
        parser.add_argument("user", help="their e-mail address, or reference such as Patient/123")
        parser.add_argument("--hours", type=float, default=8.0, help="how long it holds (8)")

    def act(self, options: dict[str, Any]) -> tuple[Any, str]:
        """Make it."""
        named = options["user"]
        user = User.objects.filter(person=named).first() if "/" in named else None
        user = user or accounts.by_email(named)
        token = tokens.issue_for(user, options["hours"], by=who())
        return {"access_token": token, "person": user.person, "hours": options["hours"]}, token
