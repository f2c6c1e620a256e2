"""What a patient does with their circle. One verb is one transaction through the door, keyword-only.

The patient alone decides; nobody acts for them here. Members are written by Rapport on their behalf, what is
shared by the patient themselves.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime

from django.utils import timezone

from rapport.fhir import labels
from rapport.fhir.outcomes import Refused, not_found
from rapport.fhir.text import instant
from rapport.gate import joins
from rapport.gate.door import Door
from rapport.gate.roles import OWN
from rapport.people import kin_invitations
from rapport.people.portrait import human_name
from rapport.pillars.circle import rules, shapes
from rapport.pillars.circle.shapes import ENDED, OPEN, PAUSED, Authority, Body, Choice

_NAMES = uuid.UUID("8d4c3a4f-2f6b-4a26-9a3c-0d5c7a1e9b02")
SHORTEST_TOKEN = 8
#: What is not kept from a circle as such: who the person is, the circle, the sharing itself.
_NEVER = frozenset({"Patient", "RelatedPerson", "Consent", "CareTeam", "AuditEvent"})


def invite(
    door: Door, *, once: str, name: str, relation: str, email: str, choice: Choice, language: str = ""
) -> str:
    """Let somebody in: who they are, what they may see, and a link by e-mail. Their id (RelatedPerson).

    `once` is the token of the form: sent twice, it invites once.
    """
    patient = _patient(door)
    name, relation = rules.named(name), rules.relation(relation)
    choice = rules.sound(choice, timezone.localdate())
    if len(once) < SHORTEST_TOKEN:
        raise Refused("invalid", "The form has no token.", "Open the page again.")
    rid = str(uuid.uuid5(_NAMES, f"{patient} {once}"))
    with door.unit("inviting somebody into the circle"):
        door.lock("circle", patient)
        if door.find("RelatedPerson", rid) is not None:
            return rid
        query = [("patient", patient), ("active", "true"), ("_count", str(rules.MOST_MEMBERS))]
        rules.room(len(door.search("RelatedPerson", query).matches))
        body = shapes.related_person(patient, name, relation)
        door.rapport("circle").create(body, rid=rid)
        _say(door, f"RelatedPerson/{rid}", name, choice)
        kin_invitations.invite(door, f"RelatedPerson/{rid}", name, email, language)
    return rid


def invite_again(door: Door, *, member: str, email: str, language: str = "") -> None:
    """Send somebody of the circle a new link; one before ends."""
    with door.unit("inviting somebody of the circle again"):
        body = _member(door, member)
        ref = f"RelatedPerson/{body['id']}"
        if choice_for(door, ref).state == ENDED:
            raise Refused("rule", "Sharing with this person has ended.", "Invite them anew.")
        kin_invitations.invite(door, ref, human_name(body.get("name"))[0], email, language)


def share(door: Door, *, member: str, choice: Choice) -> None:
    """What somebody may see from now on, more or less than before. A pause goes on."""
    with door.unit("changing what somebody of the circle may see"):
        body = _member(door, member)
        ref = f"RelatedPerson/{body['id']}"
        before = choice_for(door, ref)
        if not rules.may_change(before):
            raise Refused("rule", "Sharing with this person has ended.", "Invite them anew.")
        state = PAUSED if before.state == PAUSED else OPEN
        choice = replace(rules.sound(choice, timezone.localdate()), state=state)
        _say(door, ref, human_name(body.get("name"))[0], choice)


def pause(door: Door, *, member: str) -> None:
    """Nothing is shared with somebody from this moment on; the choice is kept for later."""
    _turn(door, member, PAUSED, "pausing what somebody of the circle may see")


def resume(door: Door, *, member: str) -> None:
    """What was shared before a pause is shared again."""
    _turn(door, member, OPEN, "going on with what somebody of the circle may see")


def end(door: Door, *, member: str) -> None:
    """All sharing with somebody ends from this moment on, everywhere; what was seen can't be unseen."""
    with door.unit("ending what somebody of the circle may see"):
        body = _member(door, member)
        ref = f"RelatedPerson/{body['id']}"
        _say(door, ref, human_name(body.get("name"))[0], Choice(state=ENDED))
        door.rapport("circle").update(shapes.with_activity(_current(door, ref), False))
        kin_invitations.end(ref, door.actor.ref)


def keep_private(door: Door, *, ref: str, private: bool) -> None:
    """Keep one thing of the own record from the circle, or no longer: it and the questions asked in it."""
    patient = _patient(door)
    rtype, _, rid = ref.partition("/")
    with door.unit("keeping something private" if private else "no longer keeping something private"):
        record = door.read(rtype, rid)
        if door.decide("r", rtype, rid).rule != OWN.name or rtype in _NEVER:
            raise not_found()
        own = door.rapport("circle")
        bodies = [record.json]
        if rtype == "Communication":
            query = [("patient", patient), ("focus", ref), ("_count", "100")]
            bodies += [found.json for found in own.search("Task", query).matches]
            bodies += [found.json for found in own.many(shapes.files_of(record.json)).values()]
        for body in bodies:
            if labels.is_private(body) != private:
                own.update(labels.with_privacy(body, private))


def shut_out(door: Door, *, staff: str) -> None:
    """Somebody who works here (by id) sees nothing of the patient's from this moment on."""
    _refuse(door, staff, True, "shutting out somebody who works here")


def let_in_again(door: Door, *, staff: str) -> None:
    """Somebody who was shut out may see again what their duties let them."""
    _refuse(door, staff, False, "no longer shutting out somebody who works here")


def _refuse(door: Door, staff: str, shut: bool, why: str) -> None:
    patient = _patient(door)
    with door.unit(why):
        door.lock("circle", patient)
        who = door.read("Practitioner", staff)
        at = instant(datetime.now(UTC).replace(microsecond=0))
        name = human_name(who.json.get("name"))[0]
        body = shapes.refusal(patient, who.ref, name, at, shut=shut)
        before = door.find("Consent", body["id"])
        if before is not None:
            door.update(body)
        elif shut:
            door.create(body, rid=body["id"])


def enter_authority(
    door: Door,
    *,
    once: str,
    patient: str,
    authority: Authority,
    member: str = "",
    name: str = "",
    relation: str = "",
) -> str:
    """A lead or privacy officer enters what somebody may do by law, having seen the proof. The Consent's id.

    member  the id of who is in the record already; else `name`, and who they are to the patient
    """
    _keeper(door)
    said = rules.lawful(replace(authority, verifier=door.actor.ref), timezone.localdate())
    if len(once) < SHORTEST_TOKEN:
        raise Refused("invalid", "The form has no token.", "Open the page again.")
    rid = str(uuid.uuid5(_NAMES, f"{patient} {once}"))
    with door.unit("entering what somebody may do by law"):
        if door.find("Consent", rid) is not None:
            return rid
        body = _relative(door.rapport("circle"), patient, member, name, relation)
        ref, full = f"RelatedPerson/{body['id']}", human_name(body.get("name"))[0]
        at = instant(datetime.now(UTC).replace(microsecond=0))
        door.create(shapes.authority_consent(rid, patient, ref, full, said, at), rid=rid)
    return rid


def end_authority(door: Door, *, consent: str) -> None:
    """What somebody may do by law ends now: the proof no longer holds."""
    _keeper(door)
    with door.unit("ending what somebody may do by law"):
        body = door.read("Consent", consent).json
        if shapes.authority_of(body) is None:
            raise not_found()
        door.update({**body, "status": "inactive"})


def _keeper(door: Door) -> None:
    if door.actor.kind != "staff" or not door.actor.duties & rules.KEEPERS:
        raise not_found()


def _relative(own: Door, patient: str, member: str, name: str, relation: str) -> Body:
    """Somebody of the patient's family as they are in the record, or made for it."""
    if not member:
        own.read("Patient", patient.partition("/")[2])
        made = shapes.related_person(patient, rules.named(name), rules.relation(relation))
        created: Body = own.create(made).json
        return created
    found: Body = own.read("RelatedPerson", member).json
    if (found.get("patient") or {}).get("reference") != patient:
        raise not_found()
    return found


def choice_for(door: Door, member: str) -> Choice:
    """What the patient at the door shares with `RelatedPerson/…` as it stands."""
    return shapes.choice_of(_said_of(door, member))


def _said_of(door: Door, member: str) -> Body | None:
    """The Consent of the patient at the door about `RelatedPerson/…`, as it stands; also one that came with a
    record that was joined to theirs."""
    own = (door.actor.ref, *joins.replaced(door.conn, door.actor.ref))
    found = door.many(f"Consent/{shapes.consent_id(patient, member)}" for patient in own)
    return next((record.json for record in found.values()), None)


def _turn(door: Door, member: str, state: str, why: str) -> None:
    with door.unit(why):
        body = _member(door, member)
        ref = f"RelatedPerson/{body['id']}"
        before = choice_for(door, ref)
        if before.state not in (OPEN, PAUSED):
            raise Refused("rule", "Nothing is shared with this person.", "Choose what to share first.")
        _say(door, ref, human_name(body.get("name"))[0], replace(before, state=state))


def _say(door: Door, member: str, name: str, choice: Choice) -> None:
    """Put the Consent about a member in force, in place of what was said before."""
    at = instant(datetime.now(UTC).replace(microsecond=0))
    known = _said_of(door, member)
    body = shapes.consent(door.actor.ref, member, name, choice, at, joins.parts(door.conn, door.actor.ref))
    body["id"] = known["id"] if known else body["id"]
    if door.find("Consent", body["id"]) is None:
        door.create(body, rid=body["id"])
    else:
        door.update(body)


def _patient(door: Door) -> str:
    """The patient at the door. Anybody else is told that there is nothing here."""
    if door.actor.kind != "patient":
        raise not_found()
    return door.actor.ref


def _member(door: Door, rid: str) -> Body:
    """Somebody of the own circle."""
    patient = _patient(door)
    door.lock("circle", patient)
    body: Body = door.read("RelatedPerson", rid.rpartition("/")[2]).json
    if (body.get("patient") or {}).get("reference") != patient:
        raise not_found()
    return body


def _current(door: Door, ref: str) -> Body:
    found: Body = door.rapport("circle").read("RelatedPerson", ref.partition("/")[2]).json
    return found
