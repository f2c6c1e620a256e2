"""What matters, at the door: the rules hold for every writer; what goes against it is noted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.gate import guards
from rapport.gate.door import Door
from rapport.people import site, statements
from rapport.pillars.what_matters import reading
from rapport.pillars.what_matters.rules import entries as rules
from rapport.pillars.what_matters.rules import reach as reaching
from rapport.pillars.what_matters.rules.against import Order, may_be_against
from rapport.pillars.what_matters.shapes import (
    PLANNED,
    is_entry,
    is_issue,
    is_planned,
    issue,
    issue_id,
    patient_of,
    preference,
    reach,
    read_entry,
    said_of,
)

Body = dict[str, Any]


def register() -> None:
    """Put the guards at the door; called once at start-up."""
    for guard in (
        guards.Guard("what matters", is_entry, _judge, _follow, types=frozenset({"QuestionnaireResponse"})),
        guards.Guard(
            "how to reach them",
            reach.is_reach,
            _judge_reach,
            _keep_quiet,
            types=frozenset({"QuestionnaireResponse"}),
        ),
        guards.Guard("against what matters", _may_be_against, follow=_note, types=frozenset(PLANNED)),
        guards.Guard("reasons against", is_issue, _judge_issue, types=frozenset({"DetectedIssue"})),
    ):
        guards.register(guard)


def _judge(_door: Door, before: Body | None, after: Body | None) -> None:
    rules.judge(before, after)


def _judge_reach(_door: Door, before: Body | None, after: Body | None) -> None:
    reaching.judge(before, after)


def _keep_quiet(door: Door, _before: Body | None, after: Body | None) -> None:
    """The hours without e-mail stand where notices are told, in the same transaction."""
    if after is not None:
        statements.set_quiet(door.conn, reach.subject_of(after), reach.read(after).quiet)


def _follow(door: Door, _before: Body | None, after: Body | None) -> None:
    """The same as an Observation, for systems that read preferences there."""
    body = preference(read_entry(after)) if after is not None else None
    if body is None:
        return
    own = door.rapport("what matters")
    known = own.find("Observation", body["id"])
    if known is None:
        own.create(body, rid=body["id"])
    else:
        own.update({**body, "meta": known.json["meta"]})


def _may_be_against(body: Body) -> bool:
    return is_planned(body) and may_be_against(Order("", body["resourceType"], said_of(body)))


def _note(door: Door, before: Body | None, after: Body | None) -> None:
    """What is ordered against somebody's words, over any way in, stands in the record beside the order.

    The order is kept: the software may be wrong, and who ordered it may have asked. Once a pair.
    """
    if after is None or not _may_be_against(after) or not patient_of(after):
        return
    if before is not None and said_of(before) == said_of(after) and before.get("start") == after.get("start"):
        return
    at_work, patient = door.rapport("what matters"), patient_of(after)
    now = datetime.now(site.current().zone)  # the API and jobs know no zone of a page
    planned = reading.planned_of(after, now)
    if planned.at is not None and planned.at < now:
        return
    for one in reading.misfits(at_work, patient, [planned]):
        rid = issue_id(planned.ref, one.entry)
        if at_work.find("DetectedIssue", rid) is None:
            body = issue(patient=patient, order=planned.ref, entry=one.entry, at=now)
            at_work.create(body, rid=rid)


def _judge_issue(door: Door, before: Body | None, after: Body | None) -> None:
    """What was noted stays, and a reason is signed by who gives it."""
    if door.actor.kind == "system":
        return
    if after is None:
        raise Refused("rule", "What was noted here is never deleted.", "Say why it is still right.")
    known = (before or {}).get("mitigation") or []
    said = after.get("mitigation") or []
    if said[: len(known)] != known:
        raise Refused("rule", "A reason that was given stays as it is.", "Add another one.")
    names = {(one.get("author") or {}).get("reference") for one in said[len(known) :]}
    if door.actor.kind != "client" and names - {door.actor.ref}:
        raise Refused("rule", "A reason is signed by who gives it.", "Sign it yourself.")
