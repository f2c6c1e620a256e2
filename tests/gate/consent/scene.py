"""Amina's record, the people around it, and what each of them has without any Consent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from rapport.fhir.keys import resource_key
from rapport.gate.actor import Actor
from rapport.gate.consent.compiling import compile_consents
from rapport.gate.door import Door
from rapport.gate.policy import Ask, filter_for
from rapport.store.records import Record
from tests.gate.consent.oracle import Question, Thing
from tests.gate.consent.policies import concept
from tests.personas import AMINA, OTHER_TEAM, TEAM, People, arrive, conversation, kind, message, observation

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ZARA = Actor("kin", "RelatedPerson/zara", "Zara", "her sister", patients=(AMINA,))
NELL = Actor("staff", "Practitioner/nell", "Nell", "nurse", ("PractitionerRole/nell",), (TEAM, OTHER_TEAM))
ASKERS = (People.amina, People.bilal, ZARA, People.dara, NELL, People.eve_staff, People.eve)


def _labelled(body: dict[str, Any], *codes: str) -> dict[str, Any]:
    security = [{"system": ACT if code.isupper() else "urn:unheard", "code": code} for code in codes]
    return body | {"meta": {"security": security}}


def _about(rtype: str, rid: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": rtype, "id": rid, "subject": {"reference": AMINA}, **more}


def bodies() -> list[dict[str, Any]]:
    """What Amina's record holds besides the people."""
    me = {"reference": AMINA}
    plain = {"text": "x"}
    other = {
        "resourceType": "Consent", "id": "other", "status": "active", "patient": me, "category": [plain],
        "scope": concept("research", "consentscope"), "policyRule": plain,
    }  # fmt: skip
    zara = {"resourceType": "RelatedPerson", "id": "zara", "patient": me, "name": [{"text": "Zara"}]}
    coming = {
        "resourceType": "Appointment", "id": "a1", "status": "booked", "start": "2025-12-31T23:30:00Z",
        "end": "2025-12-31T23:45:00Z", "participant": [{"actor": me, "status": "accepted"}],
    }  # fmt: skip
    shot = {
        "resourceType": "Immunization", "id": "i1", "status": "completed", "patient": me,
        "vaccineCode": plain, "occurrenceDateTime": "2021-03-28",
    }  # fmt: skip
    task = {
        "resourceType": "Task", "id": "t1", "status": "requested", "intent": "order", "code": kind("concern"),
        "for": me, "basedOn": [{"reference": "Communication/c2"}],
    }  # fmt: skip
    return [
        zara,
        conversation("c1"),
        conversation("c2", team=OTHER_TEAM),
        message("m1", "c1", "words"),
        _labelled(message("m2", "c2", "words"), "SEX"),
        task,
        observation("o1"),
        _labelled(observation("o2"), "HIV"),
        _about("Observation", "o3", status="final", code=plain, effectiveDateTime="2020-06-15T12:00:00Z",
               hasMember=[{"reference": "Observation/o1"}]),
        _about("Observation", "o4", status="final", code=plain),
        _labelled(observation("o5"), "unheard"),
        _labelled(_about("Condition", "k1"), "PSY", "SUD"),
        _about("Condition", "k2", evidence=[{"detail": [{"reference": "Observation/o3"}]}]),
        coming,
        shot,
        _about("CarePlan", "p1", status="active", intent="plan", period={"start": "2024"}),
        _labelled(_about("Goal", "g1", lifecycleStatus="active", description=plain), "VIO"),
        _about("RequestGroup", "d1", status="active", intent="option"),
        other,
    ]  # fmt: skip


class Scene:
    """The record in a database, and as the oracle sees it."""

    def __init__(self, conn: Connection[Any]) -> None:
        self.conn = conn
        conn.prepare_threshold, conn.prepared_max = 1, 2000  # the same few hundred questions, many times
        self.people = arrive(conn)
        self.system = Door(conn, Actor.system("tests"))
        for body in bodies():
            self.system.create(body, rid=body["id"])
        refs = [f"{body['resourceType']}/{body['id']}" for body in bodies()]
        refs += [AMINA, "RelatedPerson/bilal", "CareTeam/amina-harbour-street"]
        self.things = {ref: self._thing(ref) for ref in refs}
        self.keys = {resource_key(*ref.split("/")): ref for ref in refs}

    def _thing(self, ref: str) -> Thing:
        rtype, rid = ref.split("/")
        body = self.system.read(rtype, rid).json
        labels = frozenset(one["code"] for one in body.get("meta", {}).get("security", ()))
        when = next((body[name] for name in WHEN if name in body), None) or body.get("period", {}).get(
            "start"
        )
        targets = self.conn.execute(
            "SELECT i.target FROM index_ref i WHERE i.id = %s", (resource_key(rtype, rid),)
        ).fetchall()
        known = {resource_key(*one.split("/")): one for one in (*NAMES, AMINA)}
        refers = frozenset(known[row[0]] for row in targets if row[0] in known)
        return Thing(rtype, ref, labels, _moment(when), refers)

    def compile(self, consents: Sequence[Any], born: str = "") -> None:
        """Let these be all the Consents there are (not the one that is about research)."""
        self.conn.execute("DELETE FROM access_denial")
        self.conn.execute("DELETE FROM access_grant WHERE rule = 'consent'")
        self.conn.execute(
            "UPDATE resource SET body = %(body)s WHERE id = %(id)s AND body <> %(body)s",
            {
                "body": f'{{"resourceType":"Patient","birthDate":"{born}"}}',
                "id": resource_key(*AMINA.split("/")),
            },
        )
        now, patient = datetime.now(UTC), resource_key(*AMINA.split("/"))
        records = [
            Record(
                resource_key("Consent", f"n{number}"),
                "Consent",
                f"n{number}",
                1,
                0,
                now,
                patient,
                0,
                False,
                b"",
            )
            for number in range(len(consents))
        ]
        compile_consents(self.conn, list(zip(records, consents, strict=True)))

    def seen(self, actor: Actor, action: Any, purpose: str, at: datetime | None = None) -> set[str]:
        """The references of all that the door lets through, now or at another moment."""
        found = set()
        for rtype in {thing.rtype for thing in self.things.values()}:
            where = filter_for(Ask(actor, action, rtype, purpose))
            sql = where.on("t").replace("now()", "%(at)s::timestamptz")
            rows = self.conn.execute(
                f"SELECT t.id FROM resource t WHERE t.id = ANY(%(all)s::bigint[]) AND {sql}",
                {**where.params, "at": at or datetime.now(UTC), "all": self._of(rtype)},
            )
            found |= {self.keys[row[0]] for row in rows}
        return found

    def _of(self, rtype: str) -> list[int]:
        return [key for key, ref in self.keys.items() if ref.startswith(f"{rtype}/")]


WHEN = ("sent", "effectiveDateTime", "start", "occurrenceDateTime")
NAMES = tuple(f"{body['resourceType']}/{body['id']}" for body in bodies())


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    full = text if "T" in text else (text + "-01-01")[:10] + "T00:00:00Z"
    return datetime.fromisoformat(full)


def usual(actor: Actor, asked: Question, thing: Thing) -> bool:
    """What somebody has of Amina's record without any Consent."""
    reading, kept = asked.action == "r", thing.rtype in ("Communication", "Task")
    if "unheard" in thing.labels:
        return False
    if actor is People.amina:
        return reading or (asked.action in "cu" and (kept or thing.rtype in ("Consent", "Goal", "CarePlan")))
    if actor in (People.dara, NELL) and asked.action in "rcu":
        return reading or thing.rtype not in ("Patient", "Consent")
    if actor is People.eve_staff:
        talk = kept and ("Communication/c2" in (thing.ref, *thing.refers))
        return (talk and asked.action in "rcu") or (reading and thing.rtype == "Patient")
    if actor in (People.bilal, ZARA):
        return reading and thing.ref == actor.ref
    return False


def question(actor: Actor, action: str, purpose: str, at: datetime) -> Question:
    """The same question for the oracle."""
    return Question(frozenset((actor.ref, *actor.positions, *actor.teams)), action, purpose, at)
