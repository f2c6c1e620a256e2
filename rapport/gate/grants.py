"""Grants are compiled from the record in the transaction that changes it.

Sources: a Patient (their own record), a CareTeam with a subject, the header of a conversation, a question
that is kept from the circle, a RelatedPerson (their own entry), emergency access, a Consent (which may also
deny). What cannot be read gives nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.keys import reference_key
from rapport.fhir.labels import BITS, JOINED, PRIVATE
from rapport.store.reading import COLUMNS, record_of
from rapport.store.records import Record
from rapport.store.wire import EVERYONE, Bigints, StoreCursor, wearing

from . import emergency, reviews
from .claims import kinds
from .consent.compiling import compile_consents
from .permissions import IDENTITY
from .roles import (
    ADDRESSED,
    ADDRESSED_KIN,
    CARE_TEAM,
    CORRESPONDENT,
    EMERGENCY,
    OWN,
    RELATED,
    REVIEW,
    REVIEWED,
    Part,
    Role,
)
from .spans import ALWAYS, FOREVER, Bound, earliest, latest, span

Body = dict[str, Any]

#: The tag of a care team that was given a joined record with all its parts.
WHOLE = ("urn:rapport:parts", "whole")
SOURCES = frozenset({"Patient", "CareTeam", "Communication", "RelatedPerson", "Consent", "Task"})
_KEPT = BITS[PRIVATE]
_STAFF = ("Practitioner/", "PractitionerRole/", "Organization/")


@dataclass(frozen=True, slots=True)
class Grant:
    """One row of `access_grant` but for its source."""

    actor: int
    patient: int
    role: Role
    why: str
    scope: int | None = None
    begins: Bound = ALWAYS
    ends: Bound = FOREVER


_INSERT = """
    INSERT INTO access_grant (actor, patient, categories, labels, actions, purposes, valid_from, valid_until,
                              scope, source, rule, why, marked)
    SELECT actor, patient, categories, labels, actions, purposes, since, until, nullif(scope, 0), source,
           rule, why, marked
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                %s::timestamptz[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
                %s::bigint[])
         u(actor, patient, categories, labels, actions, purposes, since, until, scope, source, rule, why,
           marked)
"""
#: A thousand resources that may grant something, by id.
_SOME = (
    f"SELECT {COLUMNS.format(t='r')} FROM resource r WHERE r.id > %(behind)s AND NOT r.deleted"  # noqa: S608
    " AND r.rtype = ANY(%(types)s) ORDER BY r.id LIMIT 1000"
)


def compile_all(conn: Connection[Any], changes: Sequence[tuple[Record, Body | None]]) -> None:
    """Compile anew the grants of what was just written; None as a body stands for a deletion."""
    sources = [(record, body) for record, body in changes if record.rtype in SOURCES]
    old = [record.id for record, body in sources if record.vid > 1 and _may_have_granted(record, body)]
    if old:
        StoreCursor(conn).execute("DELETE FROM access_grant WHERE source = ANY(%s)", [Bigints(old)])
    rows = [row for record, body in sources if body is not None for row in _rows(record, body)]
    if rows:
        StoreCursor(conn).execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
    consents = [(record, body) for record, body in sources if record.rtype == "Consent"]
    people = [record for record, _ in sources if record.rtype == "Patient"]
    if consents or people:
        compile_consents(conn, consents, people)


def may_grant(record: Record, body: Body | None) -> bool:
    """Whether a written resource may give a grant, or have given one as it was."""
    if record.rtype not in SOURCES:
        return False
    if record.rtype == "Consent":  # it may deny, too
        return True
    if record.vid == 1 and body is not None:
        return any(True for _ in grants_of(record, body))
    return _may_have_granted(record, body)


def rebuild(conn: Connection[Any]) -> int:
    """Compile every grant anew from the record (after an upgrade that reads it otherwise); their number."""
    conn.execute("DELETE FROM access_grant")
    conn.execute("DELETE FROM access_denial")
    params: dict[str, Any] = {
        "types": Bigints(TYPE_NUMBERS[rtype] for rtype in SOURCES),
        "behind": -(1 << 63),
    }
    with wearing(conn, EVERYONE):
        while some := [record_of(row) for row in StoreCursor(conn).execute(_SOME, params)]:
            compile_all(conn, [(record, record.json) for record in some])
            params["behind"] = some[-1].id
    row = conn.execute("SELECT count(*) FROM access_grant").fetchone()
    return int(row[0]) if row else 0


def _may_have_granted(record: Record, body: Body | None) -> bool:
    """Most Communications are messages, which never gave a grant: they need no look at the table."""
    if record.rtype == "Task":
        return (
            body is None
            or emergency.is_emergency(body)
            or reviews.is_review(body)
            or "concern" in kinds(body)
        )
    return record.rtype != "Communication" or body is None or not kinds(body) or "conversation" in kinds(body)


def _rows(record: Record, body: Body) -> Iterator[tuple[Any, ...]]:
    for grant in grants_of(record, body):
        role = grant.role
        for part in role.parts:
            for categories, labels, marked in _bounds(record, body, grant, part):
                yield (
                    grant.actor, grant.patient, categories, labels, part.actions, role.purposes,
                    str(grant.begins), str(grant.ends), grant.scope or 0, record.id, role.name, grant.why,
                    marked,
                )  # fmt: skip


def _bounds(record: Record, body: Body, grant: Grant, part: Part) -> Iterator[tuple[int, int, int]]:
    """Categories, the labels that are cleared, and the label that a row must carry.

    What a record gave that was joined to another (ADR 19), it gives of its own part alone; staff see who the
    person is, too. What a lead gives after that is of the whole.
    """
    joined = record.sens & JOINED
    if not joined or grant.scope is not None:
        more = JOINED if sees_whole(body) else joined
        yield part.categories, grant.role.labels | more, 0
        return
    if part.categories & IDENTITY:
        yield IDENTITY, grant.role.labels, 0
    if part.categories & ~IDENTITY:
        yield part.categories & ~IDENTITY, grant.role.labels | joined, joined


def sees_whole(body: Body) -> bool:
    """Whether a care team was given a record with all its parts, by a lead who saw that it has several."""
    tags = (body.get("meta") or {}).get("tag") or ()
    whole = {"system": WHOLE[0], "code": WHOLE[1]}
    return body.get("resourceType") == "CareTeam" and whole in tags


def grants_of(record: Record, body: Body) -> Iterator[Grant]:
    """The grants that a resource gives as it stands."""
    if record.patient == 0:
        return
    if record.rtype == "Patient":
        yield Grant(record.id, record.id, OWN, OWN.sentence)
    elif record.rtype == "RelatedPerson":
        yield from _of_related(record, body)
    elif record.rtype == "Task" and emergency.is_emergency(body):
        yield from _of_emergency(record, body)
    elif record.rtype == "Task" and reviews.is_review(body):
        yield from _of_review(record, body)
    elif record.rtype == "Task" and record.sens & _KEPT and "concern" in kinds(body):
        yield from _of_kept_concern(record, body)
    elif record.rtype == "CareTeam":
        yield from _of_care_team(record, body)
    elif record.rtype == "Communication" and "conversation" in kinds(body):
        yield from _of_conversation(record, body)


def _of_related(record: Record, body: Body) -> Iterator[Grant]:
    if body.get("active") is not False:
        why = RELATED.sentence.format(who=_name_of(body) or "them")
        yield Grant(record.id, record.patient, RELATED, why, scope=record.id)


def _of_emergency(record: Record, body: Body) -> Iterator[Grant]:
    found = emergency.opened(body)
    if found is not None:
        reference, begins, ends = found
        why = EMERGENCY.sentence.format(who=body["requester"].get("display") or "A colleague")
        yield Grant(reference_key(reference), record.patient, EMERGENCY, why, begins=begins, ends=ends)


def _of_review(record: Record, body: Body) -> Iterator[Grant]:
    """What was opened, to whoever looks into it: the two Tasks, and who it is about."""
    owner, who, focus = reviews.reviewer(body)
    if owner:
        key = reference_key(owner)
        for role, scope in ((REVIEW, record.id), (REVIEWED, reference_key(focus)), (CORRESPONDENT, None)):
            yield Grant(key, record.patient, role, role.sentence.format(who=who), scope=scope)


def _of_care_team(record: Record, body: Body) -> Iterator[Grant]:
    if body.get("status") != "active" or not body.get("subject"):
        return
    whole = span(body.get("period"))
    if whole is None:
        return
    for participant in body.get("participant", ()):
        member = participant.get("member") or {}
        reference = member.get("reference", "")
        own = span(participant.get("period"))
        if own is None or not reference.startswith(_STAFF):
            continue
        who = member.get("display") or "A colleague"
        begins, ends = latest(whole[0], own[0]), earliest(whole[1], own[1])
        why = CARE_TEAM.sentence.format(who=who)
        yield Grant(reference_key(reference), record.patient, CARE_TEAM, why, begins=begins, ends=ends)


def _of_kept_concern(record: Record, body: Body) -> Iterator[Grant]:
    """Who has a question that is kept from the circle has its conversation, too.

    Of other questions the header names them (`_of_conversation`), which the circle reads.
    """
    has = [body.get("owner") or {}, *((body.get("restriction") or {}).get("recipient") or ())]
    named = {one.get("reference", ""): one.get("display") or "them" for one in reversed(has)}
    places = [str(place.get("reference")) for place in body.get("basedOn") or ()]
    for reference, who in named.items():
        if reference.startswith(_STAFF):
            actor, why = reference_key(reference), ADDRESSED.sentence.format(who=who)
            for place in places:
                yield Grant(actor, record.patient, ADDRESSED, why, scope=reference_key(place))
            yield Grant(actor, record.patient, CORRESPONDENT, CORRESPONDENT.sentence.format(who=who))


def _of_conversation(record: Record, body: Body) -> Iterator[Grant]:
    if body.get("status") == "entered-in-error":
        return
    for recipient in body.get("recipient", ()):
        reference = recipient.get("reference", "")
        who = recipient.get("display") or "them"
        actor = reference_key(reference)
        if reference.startswith(_STAFF):
            why = ADDRESSED.sentence.format(who=who)
            yield Grant(actor, record.patient, ADDRESSED, why, scope=record.id)
            yield Grant(actor, record.patient, CORRESPONDENT, CORRESPONDENT.sentence.format(who=who))
        elif reference.startswith("RelatedPerson/"):
            why = ADDRESSED_KIN.sentence.format(who=who)
            yield Grant(actor, record.patient, ADDRESSED_KIN, why, scope=record.id)


def _name_of(body: Body) -> str:
    names = body.get("name") or [{}]
    first = names[0] if isinstance(names, list) else {}
    return first.get("text") or " ".join([*first.get("given", ()), first.get("family", "")]).strip()
