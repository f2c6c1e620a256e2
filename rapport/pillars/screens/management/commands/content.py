"""`rapport content`: forms that this site has the right to use, such as screens."""

from __future__ import annotations

import json
import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from rapport.fhir.outcomes import Issue, Refused
from rapport.fhir.profiles.packages import read
from rapport.gate.door import Door
from rapport.people.terminal import Terminal, door
from rapport.pillars.screens import finding
from rapport.pillars.screens.shapes.packs import faults, installed, read_pack

_NAMES = uuid.UUID("54a1f8a6-2a63-4d3b-8f2e-0d0a51f9b1c7")
_GIVEN = "Give a FHIR package (.tgz) with Questionnaires in it, or one Questionnaire as a file (.json)."


class Command(Terminal):
    """Install forms, list them, take one out."""

    help = "Install forms with their wording, list them, take one out."

    def add_words(self, parser: ArgumentParser) -> None:
        """Three verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        add = verbs.add_parser("add", help="install the forms of a FHIR package (.tgz) or one form (.json)")
        add.add_argument("file", type=Path)
        add.add_argument(
            "--accept", action="store_true", help="this site has read and accepts the terms of the wording"
        )
        verbs.add_parser("list", help="the installed forms")
        remove = verbs.add_parser("remove", help="take a form out; what was answered stays")
        remove.add_argument("url")
        for verb in verbs.choices.values():
            verb.add_argument("--json", action="store_true", default=False, help="print the result as JSON")

    def act(self, options: dict[str, Any]) -> tuple[Any, str]:
        """Do the verb, and list what is installed then."""
        at_work = door()
        if options["verb"] == "add":
            _add(at_work, options["file"], accept=options["accept"])
        elif options["verb"] == "remove":
            _remove(at_work, options["url"])
        packs = finding.packs(at_work)
        lines = [f"{one.canonical}  {one.instrument.key}  {', '.join(one.languages)}" for one in packs]
        found = [
            {"url": one.url, "version": one.version, "key": one.instrument.key, "languages": one.languages}
            for one in packs
        ]
        return {"content": found}, "\n".join(lines) or "No form is installed."


def _add(door: Door, path: Path, *, accept: bool) -> None:
    name, forms = _forms(path)
    known = [form for form in forms if read_pack(form) is not None]
    if not known:
        raise Refused("invalid", f"{path.name} holds no form that is scored here.", _GIVEN)
    issues = [Issue(fault, str(form.get("url", ""))) for form in known for fault in faults(form)]
    if issues:
        raise Refused("invalid", f"{path.name} can't be installed.", "Ask its publisher.", tuple(issues))
    if not accept:
        terms = tuple(Issue(f"“{one.get('copyright', 'no terms given')}”", str(one["url"])) for one in known)
        text = "The wording of these forms is used under its owner's terms:"
        raise Refused("rule", text, "If this site accepts them, say so with --accept.", terms)
    with door.unit("installing forms"):
        for form in known:
            _store(door, form, name)


def _forms(path: Path) -> tuple[str, list[dict[str, Any]]]:
    if path.suffix == ".json":
        try:
            body = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise Refused("invalid", f"{path.name} can't be read ({error}).", _GIVEN) from error
        return path.name, [body] if isinstance(body, dict) else []
    contents = read((path,))
    return next(iter(contents.names), path.name), list(contents.questionnaires.values())


def _store(door: Door, form: dict[str, Any], name: str) -> None:
    rid = str(uuid.uuid5(_NAMES, str(form["url"])))
    body = installed(form, rid, name)
    if door.find("Questionnaire", rid) is None:
        door.create(body, rid=rid)
    else:
        door.update(body)


def _remove(door: Door, url: str) -> None:
    pack = finding.pack_of(door, url)
    if pack is None:
        raise Refused("not-found", f"There is no form {url}.", "See rapport content list.")
    door.update({**door.read("Questionnaire", pack.rid).json, "status": "retired"})
