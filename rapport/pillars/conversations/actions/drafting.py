"""A draft by a model that the site runs itself: a person asks for it, reads it, and sends it or not.

Off until the settings name an address. It must be on the site's own network: the letters' words go there.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people import site
from rapport.people.settings_shapes import Drafting
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.rules.words import broken

#: Bytes of an answer that are read; characters of a draft that are kept; characters that are asked about.
LARGEST, LONGEST, MOST_ASKED = 256 * 1024, 4000, 20_000
#: What the model is told. The words of the letters follow; nothing else of the record does.
INSTRUCTION = (
    "You help staff of a clinic to answer a patient. Write a short, kind answer in the language of the "
    "letter, in plain words that a ten-year-old reads. First say back what the person may feel. Answer each "
    "question only with what the letter itself says; where you do not know, leave a gap in square brackets "
    "for the staff. State no medical fact, dose or promise of your own. Say how to come back to the clinic. "
    "Write the answer only."
)


def draft_answer(door: Door, *, conversation: str, letters: Sequence[str], questions: Sequence[str]) -> str:
    """A draft for staff. `letters`, `questions`: the words that it answers. Nothing is stored or sent."""
    rules = site.current().drafting
    if not finding.who(door).staff:
        raise broken("staff-only")
    finding.header(door, conversation)
    if not rules.address or not letters:
        raise Refused("rule", "No software writes drafts here.", "Write the answer yourself.")
    asked = "\n\n".join(letters)[:MOST_ASKED]
    wanted = "\n".join(f"- {words}" for words in questions)
    try:
        return _ask(rules, f"{asked}\n\nQuestions:\n{wanted}" if wanted else asked)
    except (OSError, HTTPException, ValueError, KeyError, IndexError, TypeError) as broke:
        raise Refused("rule", "No draft came.", "Write the answer yourself, or try again.") from broke


def _ask(rules: Drafting, words: str) -> str:
    """What the model answers; OSError and the like when it does not, ValueError for anything but words."""
    body = {
        "model": rules.model,
        "messages": [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": words}],
        "temperature": 0.2,
        "stream": False,
    }
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("RAPPORT_DRAFTING_KEY", ""):
        headers["Authorization"] = f"Bearer {key}"
    connection = _connection(rules)
    try:
        path = f"{urlsplit(rules.address).path.rstrip('/')}/chat/completions"
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        read = answer.read(LARGEST + 1)
        if answer.status != 200 or len(read) > LARGEST:  # a redirect would lead elsewhere: it is no answer
            raise ValueError("no draft")
    finally:
        connection.close()
    found = json.loads(read)["choices"][0]["message"]["content"]
    if not isinstance(found, str) or not found.strip():
        raise ValueError("no words")
    return found.strip()[:LONGEST]


def _connection(rules: Drafting) -> HTTPConnection:
    """A connection to the model, once its name is known to lie on the site's own network."""
    parts = urlsplit(rules.address)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    places = {str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    if not places or not all(_is_near(place) for place in places):
        raise OSError("the model is not on the site's own network")
    if parts.scheme == "https":
        return HTTPSConnection(host, port, timeout=rules.seconds)
    return HTTPConnection(sorted(places)[0], port, timeout=rules.seconds)


def _is_near(place: str) -> bool:
    found = ipaddress.ip_address(place.partition("%")[0])
    return found.is_loopback or (found.is_private and not found.is_unspecified)
