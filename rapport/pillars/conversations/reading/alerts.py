"""Alerts as the team reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from rapport.gate.door import Door
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.reading import shown
from rapport.pillars.conversations.reading.views import Looking
from rapport.pillars.conversations.rules.alerts import LEVELS
from rapport.pillars.conversations.shapes.alerts import AlertTask


def alerts_shown(
    looking: Looking, found: Iterable[AlertTask], texts: Mapping[str, str]
) -> tuple[shown.Alert, ...]:
    """Alerts as shown, in order. `texts`: the words of the letters that they are about, by reference."""
    alerts = [one for one in found if one.found]
    for one in alerts:
        looking.faces.meet((one.patient, one.owner, *one.asked))
    return tuple(_shown(looking, one, texts.get(one.letter, "")) for one in alerts)


def _shown(looking: Looking, one: AlertTask, text: str) -> shown.Alert:
    named = one.owner if one.state == "taken" else ""
    asked = one.events[-1].to if one.state == "open" and one.events else ""
    worst = min(one.found, key=lambda each: LEVELS.index(each.level) if each.level in LEVELS else 9)
    return shown.Alert(
        rid=one.rid,
        conversation=finding.rid_of(one.conversation),
        letter=finding.rid_of(one.letter),
        patient=looking.faces.of(one.patient),
        stat=one.stat,
        read=worst.rule not in ("unread", "unreadable"),
        level=worst.level,
        why=worst.why,
        words=" ".join(text[worst.start : worst.end].split()),
        raised=one.raised or looking.at,
        owner=looking.faces.of(named) if named else None,
        asked=looking.faces.of(asked) if asked else None,
        due=one.due,
        mine=named in looking.who.positions,
        answers=finding.rid_of(one.letter) if one.letter.startswith("QuestionnaireResponse/") else "",
    )


def on_call(door: Door, at: datetime) -> tuple[shown.Face, ...]:
    """Who is on call at an instant, in the order in which they are asked; nobody where nobody is."""
    looking, desks = Looking(door), finding.on_call(door, at)
    looking.faces.meet(desk.ref for desk in desks)
    return tuple(looking.faces.of(desk.ref) for desk in desks)
