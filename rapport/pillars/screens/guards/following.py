"""What follows an accepted write of screens, whoever wrote: in the same transaction, and once."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext as _

from rapport.gate.door import Door
from rapport.people import alarms
from rapport.people.alarms import Alarm
from rapport.pillars.screens import finding, moment
from rapport.pillars.screens.guards import asking
from rapport.pillars.screens.rules.scoring import Score, acts_now, score
from rapport.pillars.screens.shapes import scores
from rapport.pillars.screens.shapes.answers import Answers, read_answers, values
from rapport.pillars.screens.shapes.codes import labelled, with_label
from rapport.pillars.screens.shapes.orders import follow_up as new_follow_up
from rapport.pillars.screens.shapes.orders import read_follow_up
from rapport.pillars.screens.shapes.packs import Pack

Body = dict[str, Any]

_NAMES = uuid.UUID("c0f5a1be-6c4a-4f0c-9c39-7d6a4a0f9b63")


def answers(door: Door, before: Body | None, after: Body | None) -> None:
    """An answer about self-harm acts now; finished ones are scored, and looked at where they ask for it."""
    who = finding.who(door)
    if after is None or who.importing or door.actor.ref == "Device/rapport-screens":
        return
    own = door.rapport("screens")
    now = read_answers(after)
    pack = finding.pack_of(own, now.form)
    if pack is None or now.state == "mistake":
        return
    if not labelled(after):
        own.update(with_label(after))
    given = values(pack, now)
    acted = acts_now(pack.instrument, values(pack, read_answers(before)) if before else {}, given)
    if acted and now.patient.startswith("Patient/"):
        alarms.sound(door, _alarm(own, pack, now, acted))
    if now.state == "done" and (before is None or read_answers(before).state != "done"):
        _scored(door, pack, now, score(pack.instrument, given, _withheld(pack, now)))
    door.changed(f"patient:{now.patient}")


def _withheld(pack: Pack, now: Answers) -> bool:
    """Whether the questions about self-harm were left out of these answers as not asked."""
    harm = {one.link for one in pack.questions if one.item in pack.instrument.harm}
    return bool(harm) and harm <= now.withheld


def _alarm(own: Door, pack: Pack, now: Answers, acted: tuple[str, ...]) -> Alarm:
    return Alarm(
        patient=now.patient,
        about=now.ref,
        team=finding.team_of(own, now),
        title=_("About one of your answers"),
        rule=f"answer.{acted[0]}",
        edition=pack.canonical,
        why="an answer about hurting oneself was above zero",
    )


def _scored(door: Door, pack: Pack, now: Answers, found: Score) -> None:
    own, at = door.rapport("screens"), moment.now()
    rid = str(uuid.uuid5(_NAMES, f"score {now.ref}"))
    if own.find("Observation", rid) is not None:
        return
    title = next(iter(pack.title.values()))
    own.create(
        scores.observation(
            rid,
            title=title,
            code=found.code,
            subject=now.patient,
            answers=now.ref,
            at=now.at or at,
            total=found.total,
            result=found.result or found.band,
            positive=found.positive,
            note=f"{found.missing} missing: the mean of the others stands for them." if found.filled else "",
        ),
        rid=rid,
    )
    if found.positive and now.patient.startswith("Patient/"):
        task, team = str(uuid.uuid5(_NAMES, f"look {now.ref}")), finding.team_of(own, now)
        due = asking.look_by(at)
        body = new_follow_up(
            task, patient=now.patient, answers=now.ref, title=title, team=team, at=at, due=due
        )
        own.create(body, rid=task)
        asking.stir(door, read_follow_up(body))
        asking.tell(door, (team,), now.ref, f"Task/{task}")


def order(door: Door, before: Body | None, after: Body | None) -> None:
    """What is due now is asked now."""
    if after is None or finding.who(door).importing or door.actor.ref == "Device/rapport-screens":
        return
    own = door.rapport("screens")
    if not labelled(after):
        after = own.update(with_label(after)).json
    asking.ask(own, str(after["id"]))


def follow_up(door: Door, before: Body | None, after: Body | None) -> None:
    """Whose inbox it is in, or was in, is told that something changed."""
    for body in (before, after):
        if body is not None:
            asking.stir(door, read_follow_up(body))
