"""`rapport invite`: a way in for a patient of the record."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.people import invitations, mail, site
from rapport.people.terminal import Terminal, door


class Command(Terminal):
    """Invite a patient, by a code to print or by a link sent by e-mail."""

    help = "Invite a patient of the record: prints a code for paper, or sends a link by e-mail."

    def add_words(self, parser: ArgumentParser) -> None:
        """Whom, and how."""
        parser.add_argument("patient", help="the id of the Patient in the record")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--email", default="", help="send a link to this address")
        how.add_argument("--print", action="store_true", help="print a code (what happens without --email)")
        parser.add_argument(
            "--why", default="", help="for somebody with an account: how you checked who they are"
        )

    def act(self, options: dict[str, Any]) -> tuple[Any, str]:
        """Invite."""
        if options["email"] and not mail.can_send():
            raise Refused(
                "rule", "This site has no mail server.", "Set one in the settings, or leave out --email."
            )
        rid = options["patient"].removeprefix("Patient/")
        row, secret = invitations.invite_patient(door(), rid, options["email"], options["why"])
        address = f"{site.current().base_url}/join/"
        result = {
            "person": row.person,
            "name": row.name,
            "email": row.email,
            "code": "" if row.email else secret,
            "at": address,
            "expires": row.expires_at.isoformat(timespec="seconds"),
        }
        if row.email:
            return result, f"A link for {row.name} is on its way to {row.email}."
        asked = "their date of birth" if row.birth_date else "nothing else"
        return result, f"For {row.name}: {address} with the code {secret}. They are asked for {asked}."
