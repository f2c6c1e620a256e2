"""What Amina's family and team do together in the demo: rides and meals, a list, a meeting, news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rapport.gate.door import Door
from rapport.pillars.family import actions, finding
from rapport.pillars.family.shapes.helping import Asked
from rapport.serving.demo.stage import Stage
from rapport.serving.demo.stories.who import DARA

AMINA = "Patient/amina-haddad"
_BILAL = ("RelatedPerson/amina-haddad-bilal", "Bilal Haddad")


def family() -> None:
    """Amina asks, Bilal takes something on, Dara writes to them and calls a meeting; all of it lies ahead."""
    stage = Stage(datetime.now(UTC), "family")
    ride = stage.coming(2, "09:15")
    with stage.acting("amina.haddad", stage.now) as door:
        taken = _asked(
            stage, door, "ride", "To the eye clinic and back. I can’t drive after the drops.", ride, 2
        )
        _asked(stage, door, "meal", "Something warm, for one.", stage.coming(4, "12:30"), 1)
        own = (door.actor.ref, door.actor.name)
        words = "Write down my blood pressure, mornings."
        actions.plan(door, once=stage.once(), patient=AMINA, words=words, owner=own)
    with stage.acting("bilal.haddad", stage.now) as door:
        actions.take(door, patient=AMINA, need=taken)
    with stage.acting(DARA, stage.now) as door:
        team = finding.team_of(door, AMINA)
        words = "Send the list of medicines to the eye clinic."
        due = stage.coming(1, "17:00")
        actions.plan(door, once=stage.once(), patient=AMINA, words=words, owner=team, due=due)
        words = (
            "Amina’s new tablet is a low dose. Her blood pressure is a little better. "
            "You can help: ask her to stand up slowly."
        )
        actions.report(door, once=stage.once(), patient=AMINA, words=words)
        begins = stage.coming(7, "16:00")
        meeting = actions.call(
            door, once=stage.once(), patient=AMINA, about="What helps Amina at home", guests=[_BILAL],
            begins=begins, ends=begins + timedelta(hours=1),
        )  # fmt: skip
    with stage.acting("bilal.haddad", stage.now) as door:
        words = "Who looks in when I am away for work?"
        actions.bring(door, once=stage.once(), patient=AMINA, meeting=meeting, words=words)


def _asked(stage: Stage, door: Door, what: str, words: str, begins: datetime, hours: int) -> str:
    asked = Asked(what, words, begins, begins + timedelta(hours=hours))
    return actions.ask(door, once=stage.once(), patient=AMINA, asked=asked)
