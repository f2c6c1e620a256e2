"""What the demo's records hold, as FHIR. Pure: the day is passed in, ids are told from the words."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from rapport.pillars.plans.shapes import goals as plans
from rapport.pillars.what_matters import shapes
from rapport.pillars.what_matters.shapes import reach

Body = dict[str, Any]
Told = dict[str, Any]

TERMS = "http://terminology.hl7.org/CodeSystem"
LOINC = "http://loinc.org"
UNITS = "http://unitsofmeasure.org"
#: What is measured -> (LOINC code, its words, unit as people write it, unit as UCUM writes it).
VITALS = {
    "weight": ("29463-7", "Body weight", "kg", "kg"),
    "systolic": ("8480-6", "Systolic blood pressure", "mmHg", "mm[Hg]"),
    "heart rate": ("8867-4", "Heart rate", "beats a minute", "/min"),
    "HbA1c": ("4548-4", "HbA1c", "%", "%"),
}


def patient(rid: str, told: Told, today: date) -> Body:
    """Who they are: also how they write their name, and which languages they speak, best first."""
    names: list[Body] = [{"use": "official", "family": told["family"], "given": told["given"]}]
    if told.get("written"):
        names.append({"use": "nickname", "text": told["written"]})
    return {
        "resourceType": "Patient",
        "id": rid,
        "active": True,
        "identifier": [{"system": "urn:rapport:demo:number", "value": rid}],
        "name": names,
        "gender": told["gender"],
        "birthDate": born(told["age"], told["birthday"], today),
        "telecom": [{"system": "phone", "value": told["phone"], "use": "home"}],
        "address": [{"line": [told["street"]], "city": "Port Anne", "country": "IE"}],
        "communication": [
            {"language": coding("urn:ietf:bcp:47", code), "preferred": place == 0}
            for place, code in enumerate(told["speaks"])
        ],
    }


def born(age: int, birthday: str, today: date) -> str:
    """The birth date of somebody who is `age` today; babies (0) are three weeks old."""
    if age == 0:
        return (today - timedelta(days=20)).isoformat()
    this_year = date.fromisoformat(f"{today.year}-{birthday}")
    return this_year.replace(year=today.year - age - (this_year > today)).isoformat()


def kin(rid: str, told: Told, number: int, today: date) -> Body:
    """Somebody of the family."""
    person = told["kin"][number]
    return {
        "resourceType": "RelatedPerson",
        "id": kin_id(rid, person),
        "active": True,
        "patient": refers("Patient", rid, f"{told['given'][0]} {told['family']}"),
        "relationship": [{**coding(f"{TERMS}/v3-RoleCode", person["code"]), "text": person["words"]}],
        "name": [{"family": person["family"], "given": [person["given"]]}],
        "birthDate": born(person["age"], "05-05", today),
    }


def kin_id(rid: str, person: Told) -> str:
    """The id of somebody of the family of a patient."""
    return f"{rid}-{person['given'].lower()}".encode("ascii", "ignore").decode()


def care_team(rid: str, told: Told, staff: dict[str, tuple[str, str]], teams: dict[str, str]) -> Body:
    """Who cares for them: this is what lets a team see the record."""
    members = [{"member": refers("Organization", team, teams[team])} for team in told["teams"]]
    members.append({"member": {"reference": staff[told["with"]][0], "display": staff[told["with"]][1]}})
    return {
        "resourceType": "CareTeam",
        "id": f"care-of-{rid}",
        "status": "active",
        "name": f"The people who care for {told['given'][0]}",
        "subject": refers("Patient", rid),
        "participant": members,
    }


def facts(rid: str, told: Told, staff: dict[str, tuple[str, str]], today: date) -> Iterator[Body]:
    """Everything else in the record of one patient."""
    for number, (words, years) in enumerate(told["problems"]):
        yield _about(rid, "Condition", f"problem-{number}") | {
            "clinicalStatus": coding(f"{TERMS}/condition-clinical", "active"),
            "verificationStatus": coding(f"{TERMS}/condition-ver-status", "confirmed"),
            "code": {"text": words},
            "onsetDateTime": str(today.year - years) if years else _ago(today, 20),
        }
    for number, (name, how, months, *own) in enumerate(told["medicines"]):
        theirs = {"patientInstruction": own[0]} if own else {}
        yield _about(rid, "MedicationRequest", f"medicine-{number}") | {
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": {"text": name},
            "authoredOn": _ago(today, months * 30 + 9),
            "requester": named(staff["chen"]),
            "dosageInstruction": [{"text": how, **_when(how), **theirs}],
        }
    for number, (what, sign, years, strong) in enumerate(told["allergies"]):
        yield _about(rid, "AllergyIntolerance", f"allergy-{number}", "patient") | {
            "clinicalStatus": coding(f"{TERMS}/allergyintolerance-clinical", "active"),
            "verificationStatus": coding(f"{TERMS}/allergyintolerance-verification", "confirmed"),
            "criticality": "high" if strong else "low",
            "code": {"text": what},
            "onsetDateTime": str(today.year - years),
            "reaction": [{"manifestation": [{"text": sign}]}],
        }
    yield from _contacts(rid, told, staff, today)
    for what, value, days in told["vitals"]:
        code, words, unit, ucum = VITALS[what]
        yield _about(rid, "Observation", f"measured-{code}") | {
            "status": "final",
            "category": [coding(f"{TERMS}/observation-category", "vital-signs")],
            "code": {**coding(LOINC, code), "text": words},
            "effectiveDateTime": _ago(today, days),
            "valueQuantity": {"value": value, "unit": unit, "system": UNITS, "code": ucum},
        }


def supplies(rid: str, told: Told, today: date) -> Iterator[Body]:
    """What was handed out, and what was measured again and again, with what is aimed at."""
    for name, days, supply in told.get("fills", ()):
        for ago in days:
            yield _about(rid, "MedicationDispense", f"fill-{name.split()[0].lower()}-{ago}") | {
                "status": "completed",
                "medicationCodeableConcept": {"text": name},
                "whenHandedOver": f"{_ago(today, ago)}T11:00:00Z",
                "daysSupply": {"value": supply, "unit": "days", "system": UNITS, "code": "d"},
            }
    for what, aim, each in told.get("series", ()):
        code, words, unit, ucum = VITALS[what]
        for ago, value in each:
            yield _about(rid, "Observation", f"series-{code}-{ago}") | {
                "status": "final",
                "category": [coding(f"{TERMS}/observation-category", "vital-signs")],
                "code": {**coding(LOINC, code), "text": words},
                "effectiveDateTime": _ago(today, ago),
                "valueQuantity": {"value": value, "unit": unit, "system": UNITS, "code": ucum},
            }
        amount = {"value": aim, "comparator": "<=", "unit": unit, "system": UNITS, "code": ucum}
        yield _about(rid, "Goal", f"aim-{code}") | {
            "lifecycleStatus": "active",
            "description": {"text": f"{words}: {aim} {unit} or less"},
            "target": [{"measure": {**coding(LOINC, code), "text": words}, "detailQuantity": amount}],
        }


def _when(how: str) -> Body:
    """When a medicine is taken, where its words say so."""
    parts = {"morning": "MORN", "noon": "NOON", "evening": "EVE", "night": "HS", "bedtime": "HS"}
    when = [code for word, code in parts.items() if word in how]
    return {"timing": {"repeat": {"when": list(dict.fromkeys(when))}}} if when else {}


def _contacts(rid: str, told: Told, staff: dict[str, tuple[str, str]], today: date) -> Iterator[Body]:
    for days, what, who in told["visits"]:
        start = datetime.combine(workday(today - timedelta(days=days)), time(10, 30))
        yield _about(rid, "Encounter", f"visit-{days}") | {
            "status": "finished",
            "class": {"system": f"{TERMS}/v3-ActCode", "code": "AMB"},
            "type": [{"text": what}],
            "participant": [{"individual": named(staff[who])}],
            "period": {
                "start": f"{start.isoformat()}Z",
                "end": f"{(start + timedelta(minutes=20)).isoformat()}Z",
            },
        }
    if "next" in told:
        days, hour, what, who = told["next"]
        start = datetime.combine(weekday(today + timedelta(days=days)), time(hour))
        yield {
            "resourceType": "Appointment",
            "id": f"{rid}-next",
            "status": "booked",
            "description": what,
            "start": f"{start.isoformat()}Z",
            "end": f"{(start + timedelta(minutes=20)).isoformat()}Z",
            "participant": [
                {"actor": refers("Patient", rid), "status": "accepted"},
                {"actor": named(staff[who]), "status": "accepted"},
            ],
        }


def weekday(day: date) -> date:
    """The day itself, or the Monday after where it is a Saturday or a Sunday."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def workday(day: date) -> date:
    """The day itself, or the Friday before where it is a Saturday or a Sunday."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def matters(rid: str, told: Told, today: date) -> Iterator[Body]:
    """What they said matters to them, some weeks ago, in their own name."""
    name = f"{told['given'][0]} {told['family']}"
    for number, (kind, words) in enumerate(told.get("matters", ())):
        at = datetime.combine(today - timedelta(days=20 + number), time(18, 30), UTC)
        yield shapes.entry(
            f"{rid}-matters-{number}",
            kind=kind,
            words=words,
            patient=f"Patient/{rid}",
            by=(f"Patient/{rid}", name),
            at=at,
        )


def reached(rid: str, told: Told, today: date) -> Iterator[Body]:
    """What their sight and hearing need, where they said so."""
    if "needs" in told:
        who, name = f"Patient/{rid}", f"{told['given'][0]} {told['family']}"
        at = datetime.combine(today - timedelta(days=20), time(18, 30), UTC)
        yield reach.resource(who, reach.Reach("", tuple(told["needs"])), by=(who, name), at=at)


def goals(rid: str, told: Told, staff: dict[str, Any], today: date) -> Iterator[Body]:
    """What they would like, or what somebody proposed to them, some weeks ago."""
    own = (f"Patient/{rid}", f"{told['given'][0]} {told['family']}")
    for number, one in enumerate(told.get("goals", ())):
        steps = tuple(plans.Step(words, done, who) for words, who, done in one["steps"])
        said = plans.Said(one["words"], steps, one.get("importance"), one.get("confidence"), one["because"])
        body = plans.goal(
            f"{rid}-goal-{number}",
            said,
            patient=own[0],
            by=staff[one["by"]] if "by" in one else own,
            at=datetime.combine(today - timedelta(days=18 - number), time(18, 30), UTC),
            state="proposed" if "by" in one else "active",
        )
        yield plans.with_level(body, one["level"]) if "level" in one else body


def coding(system: str, code: str) -> Body:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}]}


def refers(rtype: str, rid: str, words: str = "") -> Body:
    """A reference, with the words that people read."""
    return {"reference": f"{rtype}/{rid}", **({"display": words} if words else {})}


def named(person: tuple[str, str]) -> Body:
    """A reference to a member of staff: (reference, name)."""
    return {"reference": person[0], "display": person[1]}


def _about(rid: str, rtype: str, suffix: str, subject: str = "subject") -> Body:
    return {"resourceType": rtype, "id": f"{rid}-{suffix}", subject: refers("Patient", rid)}


def _ago(today: date, days: int) -> str:
    return (today - timedelta(days=days)).isoformat()


def scan(rid: str, now: datetime) -> Body:
    """A report of a scan that came in just now."""
    radiology = "http://terminology.hl7.org/CodeSystem/v2-0074"
    return {
        "resourceType": "DiagnosticReport",
        "id": f"{rid}-scan",
        "status": "final",
        "category": [{"coding": [{"system": radiology, "code": "RAD"}]}],
        "code": {"text": "CT of the chest"},
        "subject": {"reference": f"Patient/{rid}"},
        "issued": now.astimezone(UTC).isoformat(timespec="seconds"),
        "conclusion": "A shadow of 9 mm in the right upper lobe. Look again in three months.",
    }


def directive(rid: str, told: Told, today: date) -> Body:
    """The signed paper with somebody's wishes for later, as it was scanned: its words."""
    said = [words for kind, words in told["matters"] if kind in ("willing", "unwilling", "wishes")]
    data = b64encode("\n".join(said).encode()).decode()
    language = told.get("language", "en")
    return {
        "resourceType": "DocumentReference",
        "id": f"{rid}-directive",
        "status": "current",
        "docStatus": "final",
        "type": {"coding": [{"system": LOINC, "code": "42348-3", "display": "Advance directives"}]},
        "subject": {"reference": f"Patient/{rid}"},
        "date": datetime.combine(today - timedelta(days=30), time(11), UTC).isoformat(),
        "description": "Advance directive, signed",
        "content": [{"attachment": {"contentType": "text/plain", "language": language, "data": data}}],
    }
