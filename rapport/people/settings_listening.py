"""Reads what the settings say of listening: alerts, and drafts by a model of the site's own."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from rapport.people.settings_reader import Reader
from rapport.people.settings_shapes import Alerts, Drafting

POSITION = re.compile(r"^PractitionerRole/[A-Za-z0-9.-]{1,64}$")
MODES = ("off", "silent", "on")


def alerts(reader: Reader) -> Alerts:
    """What happens when words speak of danger."""
    mode = reader.value(str, ("alerts", "mode"), "silent")
    if mode not in MODES:
        reader.say(("alerts", "mode"), 'Write "off", "silent" or "on".')
    chain = reader.value(list, ("alerts", "on_call"), [])
    for position in chain or ():
        if not (isinstance(position, str) and POSITION.match(position)):
            words = f"{position!r} is not a position such as PractitionerRole/dara-practice."
            reader.say(("alerts", "on_call"), words)
    if mode == "on" and not chain:
        words = "Nobody is on call: people who write of danger are promised nothing."
        reader.say(("alerts", "on_call"), words, "warning")
    return Alerts(
        mode=mode,
        on_call=tuple(chain or ()),
        minutes=reader.whole(("alerts", "minutes"), 10, 1, 240),
        always=reader.value(bool, ("alerts", "always"), False),
    )


def drafting(reader: Reader) -> Drafting:
    """The model that writes drafts, if any."""
    address = reader.value(str, ("drafting", "address"), "").rstrip("/")
    parts = urlsplit(address)
    if address and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query):
        reader.say(("drafting", "address"), "Write an address such as http://10.0.0.5:8080/v1.")
    return Drafting(
        address=address,
        model=reader.value(str, ("drafting", "model"), ""),
        seconds=reader.whole(("drafting", "seconds"), 30, 1, 120),
    )
