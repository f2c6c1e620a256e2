"""The circle as FHIR. Pure: a member is a RelatedPerson, what they may see is one Consent of the patient.

The Consent is a frame (OPTIN) that holds one permit for each category, with its own end; a pause is a
denial beside them, and wins. An end is a Consent that only denies.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

Body = dict[str, Any]
Coding = tuple[str, str]

_TERMS = "http://terminology.hl7.org/CodeSystem/"
ROLE_CODE = _TERMS + "v3-RoleCode"
ACT_CODE = _TERMS + "v3-ActCode"
CATEGORY = "urn:rapport:category"
_NAMES = uuid.UUID("0d6d1d0a-3c2b-4b58-9a55-6f0f2c7f5e11")

#: What is shared by itself, in the order of the page.
CATEGORIES = (
    "conversations",
    "appointments",
    "what-matters",
    "plan",
    "health-record",
    "decisions",
    "learning",
    "practical-help",
)
#: What always starts as "no", and the labels that stand for it.
SENSITIVE: Mapping[str, tuple[str, ...]] = {
    "mental-health": ("MH", "PSY", "PSYTHPN", "BH", "EMOTDIS"),
    "sexual-health": ("SEX", "STD", "PREGNANT"),
    "substance-use": ("SUD", "ETHUD", "OPIOIDUD", "ETH", "TBOO"),
    "hiv": ("HIV",),
    "violence": ("VIO", "SDV", "MST"),
    "genetics": ("GDIS", "SICKLE"),
}
#: Who somebody is to the patient: a word of ours, and the code for it.
RELATIONS: Mapping[str, Coding] = {
    "husband": (ROLE_CODE, "HUSB"),
    "wife": (ROLE_CODE, "WIFE"),
    "partner": (ROLE_CODE, "DOMPART"),
    "son": (ROLE_CODE, "SON"),
    "daughter": (ROLE_CODE, "DAU"),
    "mother": (ROLE_CODE, "MTH"),
    "father": (ROLE_CODE, "FTH"),
    "sister": (ROLE_CODE, "SIS"),
    "brother": (ROLE_CODE, "BRO"),
    "friend": (ROLE_CODE, "FRND"),
    "carer": (_TERMS + "v3-RoleClass", "CAREGIVER"),
}
#: What somebody is by law, as a code of RoleCode.
AUTHORITIES: Mapping[str, str] = {"parent": "PRN", "guardian": "GUARD", "agent": "HPOWATT"}
#: States of what is shared with somebody.
OPEN, PAUSED, ENDED, NOTHING = "open", "paused", "ended", "nothing"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a patient shares with one person.

    until      a category that is shared, and the last day of it; None: until the patient ends it
    writes     may write in the conversations, not only read them
    sensitive  keys of `SENSITIVE` that are shared, within these categories
    state      OPEN, PAUSED (nothing for now, the choice is kept), ENDED, NOTHING (never chosen)
    """

    until: Mapping[str, date | None] = field(default_factory=dict)
    writes: bool = False
    sensitive: frozenset[str] = frozenset()
    state: str = OPEN

    def within(self, day: date) -> Choice:
        """Without what has run out before that day."""
        return replace(
            self, until={name: end for name, end in self.until.items() if end is None or end >= day}
        )


def consent_id(patient: str, member: str) -> str:
    """The id of the one Consent of a patient about a member (both as references)."""
    return str(uuid.uuid5(_NAMES, f"{patient} {member}"))


def related_person(patient: str, name: str, relation: str) -> Body:
    """Somebody of the circle; `relation` is a key of `RELATIONS`, or words of the patient's own.

    It does not name the patient: they may read it when nothing else is shared with them any more.
    """
    *given, family = name.split() or [name]
    code = RELATIONS.get(relation)
    coding = [{"system": code[0], "code": code[1]}] if code else []
    return {
        "resourceType": "RelatedPerson",
        "active": True,
        "patient": {"reference": patient},
        "relationship": [{**({"coding": coding} if coding else {}), "text": relation}],
        "name": [{"text": name, "family": family, **({"given": given} if given else {})}],
    }


def with_activity(body: Body, active: bool) -> Body:
    """A member who is in the circle, or is no longer."""
    return {**body, "active": active}


def consent(
    patient: str, member: str, name: str, choice: Choice, at: str, parts: Sequence[Coding] = ()
) -> Body:
    """What a patient says about one member, as a Consent in force. `at`: now, as a FHIR instant.

    parts  labels of records that were joined to the patient's: what they share is shared of these, too
    """
    return {
        **_frame(consent_id(patient, member), patient, at, patient),
        "provision": {"provision": [*_provisions(member, name, choice, parts)]},
    }


def refusal_id(patient: str, staff: str) -> str:
    """The id of the one Consent in which a patient shuts out somebody who works here."""
    return str(uuid.uuid5(_NAMES, f"{patient} not {staff}"))


def refusal(patient: str, staff: str, name: str, at: str, *, shut: bool) -> Body:
    """Somebody who works here (`Practitioner/…`) sees nothing of the patient's, or may again."""
    actor = {
        "role": _concept(_TERMS + "v3-ParticipationType", "IRCP"),
        "reference": {"reference": staff, "display": name},
    }
    body = _frame(refusal_id(patient, staff), patient, at, patient)
    status = "active" if shut else "inactive"
    return {**body, "status": status, "provision": {"provision": [{"type": "deny", "actor": [actor]}]}}


def refused_of(body: Body) -> tuple[str, str] | None:
    """Whom a Consent of `refusal` in force shuts out (reference, name); None for any other."""
    parts: list[Body] = (body.get("provision") or {}).get("provision") or []
    if body.get("status") != "active" or [part.get("type") for part in parts] != ["deny"]:
        return None
    who = [actor.get("reference") or {} for actor in parts[0].get("actor") or ()]
    named = [(str(one.get("reference", "")), str(one.get("display", ""))) for one in who]
    return named[0] if len(named) == 1 and named[0][0].startswith("Practitioner/") else None


def _frame(rid: str, patient: str, at: str, *performers: str) -> Body:
    return {
        "resourceType": "Consent",
        "id": rid,
        "status": "active",
        "scope": _concept(_TERMS + "consentscope", "patient-privacy"),
        "category": [_concept("http://loinc.org", "59284-0")],
        "patient": {"reference": patient},
        "dateTime": at,
        "performer": [{"reference": performer} for performer in performers],
        "policyRule": _concept(ACT_CODE, "OPTIN"),
    }


def _provisions(member: str, name: str, choice: Choice, parts: Sequence[Coding]) -> Iterable[Body]:
    actor = {
        "role": _concept(_TERMS + "v3-ParticipationType", "IRCP"),
        "reference": {"reference": member, "display": name},
    }
    if choice.state in (PAUSED, ENDED):
        yield {"type": "deny", "actor": [actor]}
    if choice.state == ENDED:
        return
    labels = [{"system": ACT_CODE, "code": code} for key in _sorted(choice) for code in SENSITIVE[key]]
    labels += [{"system": system, "code": code} for system, code in parts]
    shared = {name: choice.until[name] for name in CATEGORIES if name in choice.until}
    if shared:  # who the patient is, as long as anything is shared
        ends = list(shared.values())
        known = [end for end in ends if end is not None]
        last = max(known) if len(known) == len(ends) else None
        yield _permit(actor, "identity", last, ("access",), [])
    for category, end in shared.items():
        writes = category == "conversations" and choice.writes
        actions = ("access", "collect", "correct") if writes else ("access",)
        yield _permit(actor, category, end, actions, labels)


def _sorted(choice: Choice) -> list[str]:
    return [key for key in SENSITIVE if key in choice.sensitive]


def _permit(
    actor: Body, category: str, end: date | None, actions: tuple[str, ...], labels: list[Body]
) -> Body:
    found: Body = {"type": "permit"}
    if end is not None:
        found["period"] = {"end": end.isoformat()}
    found |= {
        "actor": [actor],
        "action": [_concept(_TERMS + "consentaction", action) for action in actions],
        "purpose": [{"system": _TERMS + "v3-ActReason", "code": code} for code in ("TREAT", "FAMRQT")],
        "class": [{"system": CATEGORY, "code": category}],
    }
    return found | ({"securityLabel": labels} if labels else {})


@dataclass(frozen=True, slots=True)
class Authority:
    """What somebody may do by law: a key of `AUTHORITIES`, the proof in words, who verified it, and when.

    ends      the last day, None for none
    verifier  who saw the proof: the last performer; signer: a clinician, for a health-care agent: the first
    """

    kind: str
    evidence: str
    begins: date
    ends: date | None = None
    verifier: str = ""
    signer: str = ""


def authority_consent(rid: str, patient: str, member: str, name: str, said: Authority, at: str) -> Body:
    """A Consent of legal authority: the whole record, as far as ages and the law let it."""
    actor = {
        "role": _concept(ROLE_CODE, AUTHORITIES[said.kind]),
        "reference": {"reference": member, "display": name},
    }
    period = {"start": said.begins.isoformat(), **({"end": said.ends.isoformat()} if said.ends else {})}
    labels = [{"system": ACT_CODE, "code": code} for codes in SENSITIVE.values() for code in codes]
    permit = _permit(actor, "identity", None, ("access", "collect", "correct"), labels)
    permit["class"] = [{"system": CATEGORY, "code": code} for code in ("identity", *CATEGORIES)]
    verified = {"verified": True, "verifiedWith": {"reference": member}, "verificationDate": at}
    return {
        **_frame(rid, patient, at, *filter(None, (said.signer, said.verifier))),
        "sourceAttachment": {"title": said.evidence},
        "verification": [verified],
        "provision": {"provision": [{**permit, "period": period}]},
    }


def authority_of(body: Body) -> tuple[Authority, str, str] | None:
    """What a Consent says by law, and for whom (reference, name); None where it says nothing of the kind."""
    kinds = {code: kind for kind, code in AUTHORITIES.items()}
    for part in (body.get("provision") or {}).get("provision") or ():
        for actor in part.get("actor") or ():
            kind = next((kinds[code] for _, code in _codings(actor.get("role") or {}) if code in kinds), "")
            if kind:
                who = actor.get("reference") or {}
                found = _authority(kind, body, part.get("period") or {})
                return found, str(who.get("reference", "")), str(who.get("display", ""))
    return None


def _authority(kind: str, body: Body, period: Body) -> Authority:
    performers = [str(one.get("reference", "")) for one in body.get("performer") or ()] or [""]
    return Authority(
        kind,
        str((body.get("sourceAttachment") or {}).get("title", "")),
        _day(period.get("start")) or date.min,
        _day(period.get("end")),
        performers[-1],
        performers[0] if len(performers) > 1 else "",
    )


def choice_of(body: Body | None) -> Choice:
    """What a Consent of `consent` says; NOTHING for none, ENDED for one that is not in force."""
    if body is None:
        return Choice(state=NOTHING)
    if body.get("status") != "active":
        return Choice(state=ENDED)
    until: dict[str, date | None] = {}
    writes, sensitive, denied = False, set[str](), False
    for part in (body.get("provision") or {}).get("provision") or ():
        if part.get("type") != "permit":
            denied = True
            continue
        actions = {code for concept in part.get("action") or () for _, code in _codings(concept)}
        labels = {label.get("code") for label in part.get("securityLabel") or ()}
        sensitive |= {key for key, codes in SENSITIVE.items() if labels.issuperset(codes)}
        for kind in part.get("class") or ():
            if kind.get("system") == CATEGORY and kind.get("code") in CATEGORIES:
                until[str(kind["code"])] = _end(part)
                writes = writes or "collect" in actions
    state = OPEN if not denied else PAUSED if until else ENDED
    return Choice(until, writes, frozenset(sensitive), state)


def _end(part: Body) -> date | None:
    return _day((part.get("period") or {}).get("end"))


def _day(said: Any) -> date | None:
    try:
        return date.fromisoformat(str(said)[:10]) if said else None
    except ValueError:
        return None


def labelled(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """The sensitive kinds (keys of `SENSITIVE`) whose labels a resource carries."""
    labels = (resource.get("meta") or {}).get("security") or ()
    codes = {label.get("code") for label in labels if isinstance(label, dict)}
    return tuple(key for key, known in SENSITIVE.items() if codes.intersection(known))


def files_of(message: Mapping[str, Any]) -> list[str]:
    """The files (`Binary/…`) that go with a message."""
    urls = (
        str((part.get("contentAttachment") or {}).get("url", "")) for part in message.get("payload") or ()
    )
    return [url for url in urls if url.startswith("Binary/")]


def _concept(system: str, code: str) -> Body:
    return {"coding": [{"system": system, "code": code}]}


def _codings(concept: Body) -> list[Coding]:
    return [(str(one.get("system")), str(one.get("code"))) for one in concept.get("coding") or ()]
