"""What may become of answers, orders and follow-ups, whoever writes them. Pure; raises Refused("rule")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.screens.shapes.answers import read_answers
from rapport.pillars.screens.shapes.orders import read_follow_up, read_order
from rapport.pillars.screens.shapes.packs import Pack

Body = Mapping[str, Any]

#: Most weeks between two times, and the longest words on what was done.
MOST_WEEKS, LONGEST = 52, 500

RULES: dict[str, tuple[str, str]] = {
    "no-delete": ("What was asked and answered is never deleted.", "End the order, or leave it as it is."),
    "option": ("One of these answers is none that the form offers.", "Choose one of its answers."),
    "final": ("These answers are finished, and stay as they were given.", "Answer the questions anew."),
    "same": ("Answers stay with their person, their form and their order.", "Begin a form of its own."),
    "staff-only": ("Only someone who works here can do this.", "Write a message instead."),
    "schedule": ("A form is asked once, or every 1 to 52 weeks.", "Choose how often."),
    "one-step": ("A follow-up is taken, and then somebody says what they did.", "Open the page again."),
    "own-name": ("One takes it in one's own name only.", "Take it yourself."),
    "why": ("This needs words.", "Say in a sentence what you did."),
    "not-offered": (
        "This is not asked now: nobody is on call.",
        "Come back while the site is open, or ring us.",
    ),
    "own-answers": ("Only who is asked answers.", "Let them answer."),
}


@dataclass(frozen=True, slots=True)
class Who:
    """Who writes. `rapport`: Rapport itself; `importing`: brings records in from outside."""

    kind: str
    ref: str
    positions: tuple[str, ...]

    @property
    def importing(self) -> bool:
        """Brings records in from outside."""
        return self.kind == "system" and self.ref == "Device/rapport-import"

    @property
    def rapport(self) -> bool:
        """Rapport itself: what follows a write, the clock."""
        return self.kind == "system" and not self.importing


def broken(rule: str) -> Refused:
    """The refusal of a rule, in plain words."""
    return Refused("rule", *RULES[rule])


def answers(before: Body | None, after: Body, pack: Pack) -> None:
    """Answers of the form's own, changed until they are finished; never another person's or form's."""
    now = read_answers(after)
    for link, (system, code) in now.given.items():
        question = pack.question(link)
        if question is None or question.option(code, system) is None:
            raise broken("option")
    if before is None:
        return
    was = read_answers(before)
    if (was.patient, was.form, was.order) != (now.patient, now.form, now.order):
        raise broken("same")
    ends = ("mistake",) if was.state != "open" else ("open", "done", "over", "mistake")
    if _without_meta(before) != _without_meta(after) and now.state not in ends:
        raise broken("final")


def _without_meta(body: Body) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "meta"}


def order(before: Body | None, after: Body, who: Who) -> None:
    """Who works here orders and ends; Rapport moves it on."""
    if who.importing or who.rapport:
        return
    now = read_order(after)
    if who.kind not in ("staff", "client"):
        raise broken("staff-only")
    if not 0 <= now.weeks <= MOST_WEEKS or now.next is None or not now.form:
        raise broken("schedule")
    was = read_order(before) if before is not None else now
    if (was.patient, was.form) != (now.patient, now.form):
        raise broken("same")


def follow_up(before: Body | None, after: Body, who: Who) -> None:
    """Rapport opens it; who works here takes it in their own name, and says in words what was done."""
    if who.importing or who.rapport:
        return
    if before is None or who.kind != "staff":
        raise broken("staff-only")
    moving = {"status", "owner", "output", "lastModified", "meta"}
    if {name: before.get(name) for name in {*before, *after} - moving} != {
        name: after.get(name) for name in {*before, *after} - moving
    }:
        raise broken("same")
    was, now = read_follow_up(before), read_follow_up(after)
    if was.state == "done" or now.state not in ("taken", "done") or now.steps[: len(was.steps)] != was.steps:
        raise broken("one-step")
    if now.owner != was.owner and now.owner not in (who.ref, *who.positions):
        raise broken("own-name")
    if now.state == "done" and not (len(now.steps) > len(was.steps) and now.steps[-1][3].strip()):
        raise broken("why")
