"""How somebody wants to be reached: read through a door, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.people.asides import Paper
from rapport.pillars.what_matters.shapes import reach
from rapport.pillars.what_matters.shapes.reach import Reach
from rapport.ui.dates import clock

WAYS: Final[Mapping[str, Any]] = {
    "message": lazy("Messages here"),
    "call": lazy("A call"),
    "visit": lazy("A talk in person"),
    "post": lazy("A letter on paper"),
}
NEEDS: Final[Mapping[str, Any]] = {
    "large-print": lazy("Large print"),
    "screen-reader": lazy("A screen reader reads to me"),
    "hard-of-hearing": lazy("I hear badly on the phone"),
    "deaf": lazy("I cannot hear a call"),
}
#: The same, as others read it.
THEIRS: Final[Mapping[str, Any]] = {
    **NEEDS,
    "screen-reader": lazy("Reads with a screen reader"),
    "hard-of-hearing": lazy("Hears badly on the phone"),
    "deaf": lazy("Cannot hear a call"),
}


def reach_line(one: Reach, *, own: bool = False) -> str:
    """All of it as one line; "" where nothing in particular was said."""
    parts = [str(WAYS[one.way])] if one.way else []
    parts += [str((NEEDS if own else THEIRS)[need]) for need in one.needs]
    if one.quiet:
        begins, ends = map(clock, one.quiet)
        parts.append(_("No e-mail from %(begins)s to %(ends)s") % {"begins": begins, "ends": ends})
    return " ".join(f"{part}." for part in parts)


def doubt_lines(one: Reach, called: str, way: str) -> tuple[str, ...]:
    """What speaks against a `message`, a `call`, or a message that is printed and posted too (`post`)."""
    lines = {
        ("message", "call"): _("%(name)s would rather be called than written to."),
        ("message", "visit"): _("%(name)s would rather talk in person than be written to."),
        ("message", "post"): _("%(name)s would rather have a letter on paper: print it and post it."),
        ("call", "deaf"): _("%(name)s cannot hear a call: write, or talk in person."),
        ("call", "hard-of-hearing"): _("%(name)s hears badly on the phone: ask them to say it back."),
        ("call", "message"): _("%(name)s would rather be written to than called."),
    }
    asked = [code for code in (one.way, *one.needs) if code != way]
    way = "message" if way == "post" else way
    return tuple(lines[way, code] % {"name": called} for code in asked if (way, code) in lines)


@inquiry
def reached(_door: Door, patient: str) -> Asks[Reach]:
    """How somebody wants to be reached; nothing in particular where nobody said."""
    query = [("subject", patient), ("questionnaire", reach.FORM), ("status", "completed"), ("_count", "5")]
    found = yield "QuestionnaireResponse", query
    return of([record.json for record in found.matches], patient)


def of(bodies: Iterable[Mapping[str, Any]], patient: str) -> Reach:
    """What holds of these: their own, before what came with a record that was joined to theirs."""
    told = [body for body in bodies if reach.is_reach(body)]
    told.sort(key=lambda body: body.get("id") != reach.reach_id(patient))
    return reach.read(told[0]) if told else Reach()


@inquiry
def doubts(door: Door, patient: str, called: str, way: str) -> Asks[tuple[str, ...]]:
    """What speaks against reaching them so."""
    return doubt_lines((yield from reached.begin(door, patient)), called, way)


@inquiry
def on_paper(door: Door, patient: str, called: str) -> Asks[Paper | None]:
    """Why somebody may need it on paper: by their wish, or for what their sight needs."""
    one = yield from reached.begin(door, patient)
    if one.way == "post":
        return Paper(_("%(name)s would rather have letters on paper.") % {"name": called}, first=True)
    if "large-print" in one.needs:
        return Paper(_("%(name)s asked for large print.") % {"name": called}, first=False)
    return None
