"""Somebody said on another page that they are not safe: their words become a letter with an alert."""

from __future__ import annotations

from rapport.fhir.labels import with_privacy
from rapport.gate.door import Door
from rapport.people import site
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.actions.doing import named
from rapport.pillars.conversations.actions.writing import start
from rapport.pillars.conversations.guards import alarming
from rapport.pillars.conversations.shapes.letters import read_header, read_message


def not_safe(door: Door, once: str, words: str) -> str:
    """Their words as a letter to the first topic of the site, kept from their circle, with an alert at once.

    Sent twice with one token it is one. Gives the id of the conversation.
    """
    with door.unit("somebody is not safe"):
        rid = named(door, once, "message")
        known = door.find("Communication", rid)
        if known is not None:
            return finding.rid_of(read_message(known.json).conversation)
        sent = start(door, once=once, topic=site.current().topics[0].id, text=words, concerns=(words[:300],))
        own = door.rapport("conversations")
        refs = [("Communication", rid), *(("Task", concern) for concern in sent.concerns)]
        for rtype, each in refs:
            own.update(with_privacy(own.read(rtype, each).json, True))
        message = read_message(own.read("Communication", rid).json)
        alarming.raise_said(door, read_header(own.read("Communication", sent.conversation).json), message)
        return sent.conversation
