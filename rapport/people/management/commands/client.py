"""`rapport client`: programs that may use /fhir."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.people import assertions, site, tokens
from rapport.people.models import Client
from rapport.people.terminal import Terminal, who


class Command(Terminal):
    """Add a program that asks for tokens of its own, close one, list them."""

    help = "Add a program that may use /fhir, close one, list them."

    def add_words(self, parser: ArgumentParser) -> None:
        """Four verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        add = verbs.add_parser(
            "add", help="prints client_id, client_secret and token_url as JSON; the secret once"
        )
        add.add_argument("name")
        add.add_argument(
            "--scope",
            required=True,
            help='such as "system/*.cruds" or "system/Patient.rs system/Observation.rs?category=laboratory"',
        )
        add.add_argument(
            "--jwks",
            type=Path,
            metavar="FILE",
            help="its public keys (JWK Set): it signs for its tokens and gets no secret",
        )
        keys = verbs.add_parser("keys", help="give a client new public keys; the old ones end at once")
        keys.add_argument("client_id")
        keys.add_argument("--jwks", type=Path, metavar="FILE", required=True)
        remove = verbs.add_parser("remove", help="close a client; its tokens end at once")
        remove.add_argument("client_id")
        verbs.add_parser("list", help="every open client")
        for verb in verbs.choices.values():
            verb.add_argument("--json", action="store_true", default=False, help="print the result as JSON")

    def act(self, options: dict[str, Any]) -> tuple[Any, str]:
        """Do the verb."""
        jwks = _keys(options["jwks"]) if options.get("jwks") else ""
        if options["verb"] == "add":
            client, secret = tokens.add_client(options["name"], options["scope"], who(), jwks=jwks)
            url = f"{site.current().base_url}/oauth/token"
            made = (
                {"client_id": client.pk} | ({"client_secret": secret} if secret else {}) | {"token_url": url}
            )
            return made, json.dumps(made)
        if options["verb"] == "keys":
            if not tokens.change_keys(options["client_id"], jwks, who()):
                raise Refused(
                    "not-found",
                    f"There is no open client {options['client_id']} that has keys.",
                    "See: rapport client list",
                )
            return {"client_id": options["client_id"]}, "Changed."
        if options["verb"] == "remove":
            if not tokens.remove_client(options["client_id"], who()):
                raise Refused(
                    "not-found",
                    f"There is no open client {options['client_id']}.",
                    "See: rapport client list",
                )
            return {"client_id": options["client_id"]}, "Closed. Its tokens are over."
        rows = Client.objects.filter(is_active=True).order_by("created_at")
        found = [{"client_id": row.pk, "name": row.name, "scope": row.scopes} for row in rows]
        lines = [f"{row['client_id']:40} {row['scope']}" for row in found]
        return found, "\n".join(lines) or "There is no client."


def _keys(file: Path) -> str:
    try:
        return assertions.read_keys(file.read_text())
    except (OSError, UnicodeDecodeError) as broken:
        raise Refused("invalid", f"{file} can't be read.", "Give a file with a JWK Set.") from broken
