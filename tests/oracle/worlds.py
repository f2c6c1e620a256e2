"""Random resources that refer to each other: some of every type, more of those that people ask about.

Few different values, so that queries have something to find and something to tell apart.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import orjson

from rapport.fhir.table import RESOURCE_TYPES
from tests.fhir.generating import resource as generated

Json = dict[str, Any]
LOINC, OURS, UCUM = "http://loinc.org", "urn:test:codes", "http://unitsofmeasure.org"
#: A hierarchy of codes, and a value set of ours; both are stored in every world.
TREE: Json = {
    "resourceType": "CodeSystem",
    "id": "tree",
    "url": OURS,
    "status": "active",
    "content": "complete",
    "concept": [
        {"code": "a", "concept": [{"code": "a1", "concept": [{"code": "a2"}]}, {"code": "b"}]},
        {"code": "c"},
    ],
}
SOME: Json = {
    "resourceType": "ValueSet",
    "id": "some",
    "url": "http://test.org/vs/some",
    "status": "active",
    "compose": {"include": [{"system": OURS, "concept": [{"code": "a"}, {"code": "a2"}]}]},
}
DAYS = ["2019", "2020-02", "2020-02-28", "2020-02-29", "2020-03-01", "2021-12-31", "1960-07-04"]
TIMES = [
    *(
        "2020-02-29T10:00:00Z",
        "2020-02-29T23:59:59+02:00",
        "2020-03-01T00:30:00.250-05:00",
        "2021-12-31T23:59:00Z",
    ),
]
WORDS = ["Haddad", "Hadley", "Çelik", "ÉCLAIR  de Lune", "O'Neil", "straße 5", "back, pain", "x|y$z", "Zoë"]
NUMBERS = [0, 0.5, 1, 1.04, 1.5, 4, 99.7, 100, 100.4, -3, 4000]
URLS = ["http://test.org/forms", "http://test.org/forms/one", "http://test.org/formsets", "urn:oid:1.2.3"]


class Maker:
    """Makes the resources of one world."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.pick = dice.choice

    def perhaps(self, **members: Callable[[], Any]) -> Json:
        """Some of these members."""
        return {name: make() for name, make in members.items() if self.dice.random() < 0.65}

    def many(self, make: Callable[[], Any]) -> list[Any]:
        return [make() for _ in range(self.dice.randint(1, 2))]

    def coding(self) -> Json:
        found = {"code": self.pick(["a", "a1", "a2", "b", "c", "A"])}
        found |= self.pick([{}, {"system": OURS}, {"system": OURS}, {"system": LOINC}])
        return found | self.perhaps(display=lambda: self.pick(WORDS))

    def concept(self) -> Json:
        return self.pick([{"text": self.pick(WORDS)}, {"coding": self.many(self.coding)}]) | self.perhaps(
            text=lambda: self.pick(WORDS)
        )

    def identifier(self) -> Json:
        found = self.perhaps(system=lambda: self.pick(["urn:mrn", "urn:other"]), type=self.concept)
        return found | {"value": self.pick(["1", "2", "A|7", "a,b"])}

    def moment(self) -> str:
        return self.pick(DAYS + TIMES)

    def period(self) -> Json:
        start, end = sorted([self.moment(), self.moment()], key=lambda text: text[:10].ljust(10, "-"))
        return self.pick(
            [{"start": start}, {"end": end}, {"start": start, "end": end}, {"start": start, "end": end}]
        )

    def quantity(self) -> Json:
        unit = self.pick(["mg", "g", "kg", "cm", "m", "[in_i]", "mg/dL", "g/L", "%"])
        forms = [
            {},
            {"unit": unit},
            {"code": unit, "system": UCUM},
            {"code": unit, "system": UCUM, "unit": "shown"},
        ]
        forms.append({"code": unit, "system": OURS})
        found = {"value": self.pick(NUMBERS), **self.pick(forms)}
        return found | ({"comparator": self.pick(["<", "<=", ">=", ">"])} if self.dice.random() < 0.1 else {})

    def range(self) -> Json:
        low, high = sorted([self.pick(NUMBERS), self.pick(NUMBERS)])
        unit = self.pick([{}, {"code": "mg", "system": UCUM}, {"unit": "cm"}])
        return self.pick(
            [
                {"low": {"value": low, **unit}, "high": {"value": high, **unit}},
                {"low": {"value": low, **unit}},
            ]
        )

    def ref(self, *types: str) -> Json:
        """A reference: mostly to what is in this world, sometimes elsewhere, by version, or by identifier."""
        rtype, rid = self.pick(types), str(self.dice.randint(1, 6))
        plain = {"reference": f"{rtype}/{rid}"}
        named = {"type": rtype, "identifier": self.identifier()}
        far = {"reference": f"http://far.test/fhir/{rtype}/{rid}"}
        found = self.pick(
            [plain] * 9 + [{"reference": f"{rtype}/{rid}/_history/1"}, named, far, {"reference": "#c"}]
        )
        return found | ({"display": self.pick(WORDS)} if self.dice.random() < 0.3 else {})

    def name(self) -> Json:
        return self.perhaps(
            family=lambda: self.pick(WORDS), given=lambda: self.many(lambda: self.pick(WORDS))
        ) or {"text": self.pick(WORDS)}

    def address(self) -> Json:
        return self.perhaps(city=lambda: self.pick(WORDS), use=lambda: self.pick(["home", "work"])) or {
            "line": [self.pick(WORDS)]
        }

    def contact(self) -> Json:
        return {"system": self.pick(["phone", "email"]), "value": self.pick(["555-01", "a@b.test"])}

    def value(self) -> Json:
        return self.pick(
            [
                lambda: {"valueQuantity": self.quantity()},
                lambda: {"valueQuantity": self.quantity()},
                lambda: {"valueCodeableConcept": self.concept()},
                lambda: {"valueString": self.pick(WORDS)},
                lambda: {"valueDateTime": self.moment()},
                lambda: {"valuePeriod": self.period()},
                dict,
            ]
        )()

    def meta(self) -> Json:
        labels = [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": self.pick("RN")}
        ]
        return self.perhaps(tag=lambda: self.many(self.coding), profile=lambda: [self.pick(URLS) + "|1"]) | (
            {"security": labels} if self.dice.random() < 0.3 else {}
        )


def _patient(m: Maker) -> Json:
    return m.perhaps(
        name=lambda: m.many(m.name),
        identifier=lambda: m.many(m.identifier),
        gender=lambda: m.pick(["male", "female"]),
        birthDate=lambda: m.pick(DAYS),
        active=lambda: m.pick([True, False]),
        address=lambda: m.many(m.address),
        telecom=lambda: m.many(m.contact),
        generalPractitioner=lambda: m.many(lambda: m.ref("Practitioner", "Organization")),
        managingOrganization=lambda: m.ref("Organization"),
        link=lambda: [{"other": m.ref("Patient"), "type": "seealso"}],
    ) | m.pick([{}, {"deceasedBoolean": m.pick([True, False])}, {"deceasedDateTime": m.pick(DAYS)}])


def _observation(m: Maker) -> Json:
    when = m.pick([{}, {"effectiveDateTime": m.moment()}, {"effectivePeriod": m.period()}])
    parts = m.many(lambda: {"code": m.concept(), **m.value()})
    return {"status": m.pick(["final", "preliminary"]), "code": m.concept(), **when, **m.value()} | m.perhaps(
        subject=lambda: m.ref("Patient", "Patient", "Location"),
        category=lambda: m.many(m.concept),
        performer=lambda: m.many(lambda: m.ref("Practitioner", "Organization")),
        component=lambda: parts,
        encounter=lambda: m.ref("Encounter"),
        hasMember=lambda: m.many(lambda: m.ref("Observation")),
        identifier=lambda: m.many(m.identifier),
    )


def _task(m: Maker) -> Json:
    return (
        {"status": m.pick(["requested", "accepted"]), "intent": "order"}
        | m.perhaps(
            code=m.concept,
            owner=lambda: m.ref("Practitioner", "Organization"),
            focus=lambda: m.ref("Observation", "Condition", "Patient"),
            authoredOn=m.moment,
            lastModified=m.moment,
            priority=lambda: m.pick(["stat", "routine"]),
            restriction=lambda: {"period": m.period(), "recipient": [m.ref("Organization")]},
            partOf=lambda: m.many(lambda: m.ref("Task")),
        )
        | {"for": m.ref("Patient")}
    )


SHAPES: dict[str, Callable[[Maker], Json]] = {
    "Patient": _patient,
    "Observation": _observation,
    "Task": _task,
    "Practitioner": lambda m: m.perhaps(
        name=lambda: m.many(m.name), identifier=lambda: m.many(m.identifier), active=lambda: True
    ),
    "Organization": lambda m: (
        {"name": m.pick(WORDS)}
        | m.perhaps(
            partOf=lambda: m.ref("Organization"),
            type=lambda: m.many(m.concept),
            alias=lambda: [m.pick(WORDS)],
        )
    ),
    "Condition": lambda m: (
        {"subject": m.ref("Patient"), "code": m.concept()}
        | m.perhaps(
            onsetDateTime=m.moment,
            recordedDate=m.moment,
            clinicalStatus=m.concept,
            encounter=lambda: m.ref("Encounter"),
            evidence=lambda: [{"code": m.many(m.concept), "detail": [m.ref("Observation")]}],
        )
        | m.pick(
            [
                {},
                {"abatementAge": m.quantity()},
                {"abatementRange": m.range()},
                {"abatementString": m.pick(WORDS)},
            ]
        )
    ),
    "Encounter": lambda m: (
        {"status": m.pick(["planned", "finished"]), "class": m.coding()}
        | m.perhaps(
            subject=lambda: m.ref("Patient"),
            period=m.period,
            length=m.quantity,
            participant=lambda: m.many(
                lambda: {"individual": m.ref("Practitioner", "RelatedPerson"), "type": [m.concept()]}
            ),
            location=lambda: [{"location": m.ref("Location"), "period": m.period()}],
            partOf=lambda: m.ref("Encounter"),
        )
    ),
    "Location": lambda m: m.perhaps(
        name=lambda: m.pick(WORDS),
        position=lambda: {
            "latitude": round(48.8 + m.dice.random() / 5, 4),
            "longitude": round(2.3 + m.dice.random() / 5, 4),
        },
        partOf=lambda: m.ref("Location"),
        address=m.address,
    ),
    "List": lambda m: (
        {"status": "current", "mode": "working"}
        | m.perhaps(entry=lambda: m.many(lambda: {"item": m.ref("Patient", "Observation")}), code=m.concept)
    ),
    "RiskAssessment": lambda m: (
        {"status": "final", "subject": m.ref("Patient")}
        | m.perhaps(
            prediction=lambda: m.many(
                lambda: m.pick([{"probabilityDecimal": m.pick(NUMBERS)}, {"probabilityRange": m.range()}])
            )
        )
    ),
    "Questionnaire": lambda m: (
        {"status": "active"}
        | m.perhaps(
            url=lambda: m.pick(URLS),
            name=lambda: m.pick(WORDS),
            date=m.moment,
            useContext=lambda: m.many(
                lambda: {
                    "code": m.coding(),
                    **m.pick(
                        [
                            {"valueQuantity": m.quantity()},
                            {"valueRange": m.range()},
                            {"valueCodeableConcept": m.concept()},
                        ]
                    ),
                }
            ),
        )
    ),
    "QuestionnaireResponse": lambda m: (
        {"status": "completed"}
        | m.perhaps(
            questionnaire=lambda: m.pick(URLS) + m.pick(["", "|1", "|2"]), subject=lambda: m.ref("Patient")
        )
    ),
    "MedicationRequest": lambda m: (
        {"status": "active", "intent": "order", "subject": m.ref("Patient")}
        | m.perhaps(
            medicationCodeableConcept=m.concept, authoredOn=m.moment, requester=lambda: m.ref("Practitioner")
        )
    ),
    "DocumentReference": lambda m: (
        {"status": "current"}
        | m.perhaps(
            subject=lambda: m.ref("Patient"),
            date=lambda: m.pick(TIMES),
            relatesTo=lambda: m.many(
                lambda: {"code": m.pick(["appends", "replaces"]), "target": m.ref("DocumentReference")}
            ),
        )
    ),
    "Group": lambda m: (
        {"type": "person", "actual": True}
        | m.perhaps(
            characteristic=lambda: m.many(
                lambda: {
                    "code": m.concept(),
                    "exclude": False,
                    **m.pick(
                        [
                            {"valueBoolean": True},
                            {"valueCodeableConcept": m.concept()},
                            {"valueQuantity": m.quantity()},
                        ]
                    ),
                }
            ),
            member=lambda: [{"entity": m.ref("Patient")}],
        )
    ),
    "MedicationAdministration": lambda m: (
        {"status": "completed", "subject": m.ref("Patient")}
        | m.pick([{"effectiveDateTime": m.moment()}, {"effectivePeriod": m.period()}])
    ),
    "ServiceRequest": lambda m: (
        {"status": "active", "intent": "order", "subject": m.ref("Patient")}
        | m.perhaps(authoredOn=m.moment, code=m.concept, occurrenceTiming=lambda: {"event": m.many(m.moment)})
    ),
}


def world(seed: int, shaped: int = 90, others: int = 15) -> list[Json]:
    """The resources of a world; no two have the same type and id."""
    dice = Random(seed)
    maker = Maker(dice)
    found = {"CodeSystem/tree": TREE, "ValueSet/some": SOME}
    for number in range(others):
        rtype = dice.choice(RESOURCE_TYPES)
        one = orjson.loads(generated(rtype, dice.randrange(200)))
        found[f"{rtype}/{number % 6 + 1}"] = {**one, "id": str(number % 6 + 1)}
    for _ in range(shaped):
        rtype, rid = dice.choice([*SHAPES, "Patient", "Observation", "Observation"]), str(dice.randint(1, 9))
        made = SHAPES[rtype](maker)
        found[f"{rtype}/{rid}"] = {"resourceType": rtype, "id": rid, "meta": maker.meta(), **made}
    for one in found.values():
        if not one.get("meta"):
            one.pop("meta", None)
    return list(found.values())
