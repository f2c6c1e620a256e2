"""Commands of this room on a terminal: a sentence for people, JSON for programs, 0, 1 or 2 at the end."""

from __future__ import annotations

import getpass
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people import asking


class Terminal(BaseCommand):
    """A command that says what it did, and refuses in a sentence (exit code 1)."""

    requires_system_checks: list[str] = []
    suppressed_base_arguments = {
        "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color",
        "--force-color",
    }  # fmt: skip

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Every command can answer in JSON."""
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        self.add_words(parser)

    def add_words(self, parser: ArgumentParser) -> None:
        """The arguments of this command."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; a refusal becomes an exit code."""
        try:
            result, words = self.act(options)
        except Refused as refused:
            lines = [f"{issue.path}: {issue.text}" for issue in refused.issues]
            raise CommandError(
                "\n".join([refused.text, *lines, refused.next]).strip(), returncode=1
            ) from refused
        self.stdout.write(json.dumps(result, ensure_ascii=False) if options["json"] else words)

    def act(self, options: dict[str, Any]) -> tuple[Any, str]:
        """Do the work: the result for programs, and the words for people."""
        raise NotImplementedError


def door() -> Door:
    """A door for whoever runs the machine."""
    return asking.at_work("operator", source="command")


def who() -> str:
    """Who types this, for what is written down: the account of the machine."""
    try:
        return f"operator {getpass.getuser()}"
    except (KeyError, OSError):  # no such account, as in some containers
        return "operator"
