"""`rapport settings`: the settings of the site as one text."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.people import site
from rapport.people.terminal import Terminal, who


class Command(Terminal):
    """Show, check or load the settings."""

    help = "Show the settings of the site, check a file of settings, or load it."

    def add_words(self, parser: ArgumentParser) -> None:
        """Three verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        verbs.add_parser("show", help="print what is in force")
        for name, text in (("check", "say what is wrong, with its line"), ("load", "put it in force")):
            verb = verbs.add_parser(name, help=text)
            verb.add_argument("file", help="a file, or - for standard input")
        for verb in verbs.choices.values():
            verb.add_argument("--json", action="store_true", default=False, help="print the result as JSON")

    def act(self, options: dict[str, Any]) -> tuple[Any, str]:
        """Do the verb."""
        if options["verb"] == "show":
            text = site.text_in_force()
            return {"text": text}, text.rstrip("\n")
        text = _read(options["file"])
        issues = site.check(text)
        if any(issue.severity == "error" for issue in issues):
            raise Refused("invalid", "These settings cannot be used.", "", tuple(issues))
        lines = [f"{issue.path}: {issue.text}" for issue in issues]
        result = {"issues": [{"path": issue.path, "text": issue.text} for issue in issues]}
        if options["verb"] == "load":
            site.load(text, by=who(), why=f"rapport settings load {Path(options['file']).name}")
            return result, "\n".join([*lines, "In force."])
        return result, "\n".join(lines) or "Nothing is wrong."


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as trouble:
        raise Refused("invalid", f"{name} cannot be read: {trouble}", "Give a text file.") from trouble
