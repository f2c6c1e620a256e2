"""Verbs of screens: order one, end it, answer, finish; take a look at a result, and say what was done.

What an answer about self-harm brings about follows every accepted write (`guards`), whoever makes it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.people import alarms
from rapport.pillars.screens import finding, moment
from rapport.pillars.screens.rules.scoring import is_asked, may_be_offered
from rapport.pillars.screens.rules.steps import LONGEST, MOST_WEEKS, broken
from rapport.pillars.screens.shapes import answers as shape
from rapport.pillars.screens.shapes import orders
from rapport.pillars.screens.shapes.answers import read_answers, values
from rapport.pillars.screens.shapes.codes import Resource
from rapport.pillars.screens.shapes.orders import is_follow_up, is_order, read_follow_up, read_order
from rapport.pillars.screens.shapes.packs import Pack

_NAMES = uuid.UUID("6b0e6a43-5c0e-4d0f-a6f5-8d2a9b1b0e71")


def order(
    door: Door, *, once: str, patient: str, form: str, weeks: int = 0, first: datetime | None = None
) -> str:
    """Ask `Patient/…` an installed form from `first` (now) on, every so many weeks (0: once). Its id."""
    if door.actor.kind != "staff":
        raise broken("staff-only")
    if not 0 <= weeks <= MOST_WEEKS:
        raise broken("schedule")
    rid = str(uuid.uuid5(_NAMES, f"{door.actor.ref} {patient} {once}"))
    with door.unit("ordering a screen"):
        door.lock("screen order", rid)
        pack = finding.pack_of(door, form)
        if pack is None or pack.instrument.carer or door.find("Patient", patient.partition("/")[2]) is None:
            raise not_found()
        if door.find("ServiceRequest", rid) is None:
            at = moment.now()
            body = orders.order(
                rid,
                pack,
                patient=patient,
                team=next(iter(door.actor.teams), ""),
                by=(next(iter(door.actor.positions), door.actor.ref), door.actor.name),
                weeks=weeks,
                first=max(first or at, at),
                at=at,
            )
            door.create(body, rid=rid)
    return rid


def end(door: Door, *, order: str) -> None:
    """It is asked no more; what waits can still be answered. Twice is as once."""
    if door.actor.kind != "staff":
        raise broken("staff-only")
    with door.unit("ending a screen"):
        door.lock("screen order", order)
        body = door.read("ServiceRequest", order).json
        if not is_order(body):
            raise not_found()
        if read_order(body).active:
            door.update(orders.ended(body, "revoked"))


def begin(door: Door, *, once: str, form: str) -> str:
    """A carer asks themselves a form for carers; its answers are theirs alone. Its id; once a token."""
    if door.actor.kind != "kin":
        raise broken("own-answers")
    rid = str(uuid.uuid5(_NAMES, f"{door.actor.ref} {form} {once}"))
    with door.unit("beginning a form for carers"):
        door.lock("screen", rid)
        pack = finding.pack_of(door, form)
        if pack is None or not pack.instrument.carer:
            raise not_found()
        if door.find("QuestionnaireResponse", rid) is None:
            subject = (door.actor.ref, door.actor.name)
            door.create(shape.draft(rid, pack, subject=subject, order="", at=moment.now()), rid=rid)
    return rid


def answer(door: Door, *, answers: str, chosen: Mapping[str, str]) -> tuple[str, ...]:
    """Save these answers (link id → code of an option) at once; links of those that were not asked.

    Finished answers stay as they are: sent again, the same is the same.
    """
    with door.unit("answering"):
        door.lock("screen", answers)
        body, pack = finding.need_answers(door, answers)
        now = read_answers(body)
        if now.patient != door.actor.ref:
            raise broken("own-answers")
        refused = tuple(link for link in chosen if _not_asked(pack, link, chosen, now, door))
        kept = {link: code for link, code in chosen.items() if link not in refused}
        for link, code in kept.items():
            question = pack.question(link)
            if question is None or question.option(code) is None:
                raise broken("option")
        again = all(now.given.get(link, ("", ""))[1] == code for link, code in kept.items())
        if now.state != "open" and not again:
            raise broken("final")
        if kept and not again:
            door.update(shape.answered(body, pack, kept, moment.now()))
        return refused


def _not_asked(pack: Pack, link: str, chosen: Mapping[str, str], now: shape.Answers, door: Door) -> bool:
    """A question that depends on others, and was not asked by them. One about self-harm that somebody answers
    all the same (who was on call has gone since) is taken, and acts."""
    question = pack.question(link)
    if question is None or not question.item:
        return False
    given = values(pack, now) | {
        one.item: option.value or 0
        for one in pack.questions
        if one.link in chosen and one.item and (option := one.option(chosen[one.link]))
    }
    return not is_asked(pack.instrument, question.item, given, roster=True)


def finish(door: Door, *, answers: str) -> None:
    """They are done: scored, and looked at where they ask for it. Twice is as once."""
    with door.unit("finishing a screen"):
        door.lock("screen", answers)
        body, pack = finding.need_answers(door, answers)
        now = read_answers(body)
        if now.patient != door.actor.ref:
            raise broken("own-answers")
        if now.state == "done":
            return
        if now.state != "open":
            raise broken("final")
        roster = bool(alarms.on_call(door))
        if not now.given and not may_be_offered(pack.instrument, roster):
            raise broken("not-offered")
        harm = [one.link for one in pack.questions if one.item in pack.instrument.harm]
        withheld = [] if roster or set(harm) & set(now.given) else harm
        door.update(shape.finished(body, pack, withheld, moment.now()))


def take(door: Door, *, task: str) -> None:
    """Take a look that a result asks for, in one's own name, also from a colleague. Twice is as once."""
    if door.actor.kind != "staff" or not door.actor.positions:
        raise broken("staff-only")
    with door.unit("taking a look"):
        body = _held(door, task)
        found = read_follow_up(body)
        if found.state == "done" or found.owner in door.actor.positions:
            return
        signs = (door.actor.positions[0], door.actor.name)
        by, at = (door.actor.ref, door.actor.name), moment.now()
        door.update(orders.stepped(body, "taken", by=by, at=at, words=signs[1], state="taken", owner=signs))


def look_done(door: Door, *, task: str, words: str) -> None:
    """Say what was done: only then is it no longer open. Twice is as once."""
    if door.actor.kind != "staff" or not door.actor.positions:
        raise broken("staff-only")
    kept = " ".join(words.split())[:LONGEST]
    if not kept:
        raise broken("why")
    with door.unit("having looked"):
        body = _held(door, task)
        if read_follow_up(body).state != "done":
            signs = (door.actor.positions[0], door.actor.name)
            by, at = (door.actor.ref, door.actor.name), moment.now()
            door.update(orders.stepped(body, "done", by=by, at=at, words=kept, state="done", owner=signs))


def _held(door: Door, task: str) -> Resource:
    """A follow-up, held until the end of the unit."""
    door.lock("screen look", task)
    body = door.read("Task", task).json
    if not is_follow_up(body):
        raise not_found()
    return body
