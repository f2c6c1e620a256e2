"""Random valid resources of every R4 type, made from the definitions, as text.

    raw = resource("Observation", seed=7)       the same bytes for the same seed

Structure, types, codes and cardinality come from the definitions; common data types are made so that their
invariants hold; what still breaks a rule is mended by adding what the rule asks for or leaving something out.
Decimals keep odd ways of writing (2.50, 1e-3), texts hold escapes, and primitives have their other halves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import msgspec
import orjson

from rapport.fhir.outcomes import Issue
from rapport.fhir.table import PRIMITIVES, Element, Kind, is_resource, part, value_set
from rapport.fhir.validation import check
from tests.fhir.making import NEEDED, SAMPLES, least

Json = dict[str, Any]
Raw = msgspec.Raw

UCUM = "http://unitsofmeasure.org"
DECIMALS = [b"0", b"1.0", b"2.50", b"-0.001", b"1e-3", b"1.20E+2", b"100.00", b"3.141592653589793238462643"]
TEXTS = [
    b'"words"',
    b'"Zo\\u00eb \\u00dcnal"',
    '"Zoë \U0001f600"'.encode(),
    b'"a\\"b\\\\c\\/d"',
    b'"x < y & z\\tt"',
]
DATES = ["2019", "2020-02", "2020-02-29", "2021-03-04T05:06:07Z", "2022-12-31T23:59:59.123+02:00"]
#: Types that an extension of our own takes as its value.
VALUES = ["String", "Boolean", "Code", "Decimal", "Period", "Coding", "Reference"]
MOST_DEPTH = 4
_STEP = re.compile(r"([A-Za-z]\w*)(?:\[(\d+)\])?")


class Generator:
    """Makes one resource."""

    def __init__(self, rtype: str, seed: int, share: float) -> None:
        self.rtype, self.share = rtype, share
        self.chance = Random(f"{rtype} {seed}")
        self.inner: list[Json] = []

    def whole(self) -> Json:
        """A resource of valid structure, most of whose invariants hold."""
        made = self.object(self.rtype, 0)
        if "contained" in part(self.rtype) and self.chance.random() < 0.5:
            made["contained"] = self.contained()
        return made

    def contained(self) -> list[Json]:
        """Contained resources that nothing needs to point to."""
        kinds = self.chance.sample(["Patient", "Practitioner", "Organization", "Basic"], 2)
        return [{**least(kind), "id": f"c{number}"} for number, kind in enumerate(kinds)]

    def object(self, name: str, depth: int) -> Json:
        """A type or part with a share of its elements, and what its rules ask for."""
        found: Json = {"resourceType": name} if is_resource(name) else {}
        for element in part(name).values():
            if element.name in ("contained", "extension", "modifierExtension"):
                continue
            if element.min or (depth < MOST_DEPTH and self.chance.random() < self.share / (1 + depth)):
                kind = self.chance.choice(element.kinds)
                if element.min or depth < MOST_DEPTH - 1 or kind.name in PRIMITIVES:
                    self.put(found, element, kind, depth)
        if "extension" in part(name) and self.chance.random() < 0.1 and found:
            found["extension"] = [self.extension()]
        return found or deepcopy(NEEDED.get(name, {})) or self.least_of(name, depth)

    def least_of(self, name: str, depth: int) -> Json:
        """One plain element: nothing may be empty."""
        own = [one for key, one in part(name).items() if key not in ("id", "extension", "modifierExtension")]
        own.sort(key=lambda one: one.kinds[0].name not in PRIMITIVES)
        found: Json = {}
        self.put(found, own[0], own[0].kinds[0], depth)
        return found

    def put(self, owner: Json, element: Element, kind: Kind, depth: int) -> None:
        """An element with its value or values; primitives sometimes with their other half."""
        key, many = element.key(kind), element.max != 1
        count = self.chance.randint(1, 2) if many else 1
        values = [self.value(element, kind, depth) for _ in range(count)]
        owner[key] = values if many else values[0]
        if kind.name in PRIMITIVES and element.name != "id" and self.chance.random() < 0.1:
            halves = [self.half() for _ in values]
            owner["_" + key] = halves if many else halves[0]

    def half(self) -> Json:
        """The other half of a primitive."""
        return {"id": f"h{self.chance.randint(1, 99)}", "extension": [self.extension()]}

    def extension(self) -> Json:
        """An extension that nobody knows."""
        name = self.chance.choice(VALUES)
        low = name.lower()
        kind = Kind(low if low in PRIMITIVES else name)
        value = self.value(Element("value", True, (kind,), 0, 1), kind, MOST_DEPTH)
        return {"url": f"http://example.org/fhir/own-{self.chance.randint(1, 9)}", "value" + name: value}

    def value(self, element: Element, kind: Kind, depth: int) -> Any:
        """One value of a type."""
        name, pick = kind.name, self.chance.choice
        if name == "Resource":
            return least(pick(["Basic", "Patient", "Organization"]))
        if name == "Reference":
            return {"reference": f"{pick(kind.targets or ('Patient',))}/{self.chance.randint(1, 9)}"}
        if name in PRIMITIVES:
            if element.codes:
                return pick(sorted(code for codes in value_set(element.codes).values() for code in codes))
            return self.primitive(name)
        if element.codes and name in ("Coding", "CodeableConcept"):
            system, codes = pick(sorted(value_set(element.codes).items()))
            coding = {"system": system, "code": pick(sorted(codes))}
            return coding if name == "Coding" else {"coding": [coding]}
        return MADE[name](self) if name in MADE else self.object(name, depth + 1)

    def primitive(self, name: str) -> Any:
        """A plain value, written in one of several ways."""
        if name == "decimal":
            return Raw(self.chance.choice(DECIMALS))
        if name == "string":
            return Raw(self.chance.choice(TEXTS))
        return self.chance.choice(SAMPLES[name])

    # Data types whose parts must fit each other --------------------------------------------------------

    def period(self) -> Json:
        """Two moments in order, or one."""
        start, end = sorted(self.chance.sample(DATES[3:], 2))
        open_end = {"end": self.chance.choice(DATES)}
        return self.chance.choice([{"start": start, "end": end}, {"start": start}, open_end])

    def quantity(self) -> Json:
        """A number with or without a unit."""
        value = Raw(self.chance.choice(DECIMALS))
        return self.chance.choice(
            [{"value": value}, {"value": value, "unit": "mg"}, {"value": value, "system": UCUM, "code": "mg"}]
        )

    def measured(self, code: str) -> Json:
        """A quantity that must be positive and of a kind of unit."""
        return {"value": self.chance.randint(1, 90), "unit": code, "system": UCUM, "code": code}

    def coding(self) -> Json:
        """A code of some system."""
        code = self.chance.choice(["a", "b-1", "c.2"])
        return {"system": "http://example.org/codes", "code": code, "display": "x"}

    def concept(self) -> Json:
        """Codes, a text, or both."""
        coded = {"coding": [self.coding()]}
        return self.chance.choice([{"text": "words"}, coded, {**coded, "text": "w"}])

    def contact(self) -> Json:
        """A telephone number."""
        return {"system": "phone", "value": "555-01", "use": self.chance.choice(["work", "mobile"])}

    def address(self) -> Json:
        """An address; a line of it has another half."""
        return {"use": "work", "line": ["1 Way", "Flat 2"], "_line": [None, self.half()], "city": "X"}

    def timing(self) -> Json:
        """When something happens."""
        repeat = {"frequency": 2, "period": Raw(b"1.0"), "periodUnit": "d"}
        return {"event": [self.chance.choice(DATES)], "repeat": repeat}

    def signature(self) -> Json:
        """Who signed, and when."""
        return {"type": [self.coding()], "when": SAMPLES["instant"][0], "who": {"display": "x"}}


Made = Callable[[Generator], Json]
MADE: dict[str, Made] = {
    "Period": Generator.period,
    "Quantity": Generator.quantity,
    "Age": lambda make: make.measured("a"),
    "Duration": lambda make: make.measured("h"),
    "Distance": lambda make: make.measured("m"),
    "Count": lambda make: make.measured("1"),
    "Range": lambda make: {"low": {"value": Raw(b"1.50")}, "high": {"value": Raw(b"2.0")}},
    "Ratio": lambda make: {"numerator": make.quantity(), "denominator": make.quantity()},
    "Coding": Generator.coding,
    "CodeableConcept": Generator.concept,
    "ContactPoint": Generator.contact,
    "Address": Generator.address,
    "Attachment": lambda make: {"contentType": "text/plain", "data": "QUJD", "title": "t"},
    "Narrative": lambda make: {"status": "generated", "div": SAMPLES["xhtml"][0]},
    "Timing": Generator.timing,
    "Expression": lambda make: {"language": "text/fhirpath", "expression": "true"},
    "TriggerDefinition": lambda make: {"type": "named-event", "name": "x"},
    "Signature": Generator.signature,
}  # fmt: skip


# Mending ------------------------------------------------------------------------------------------------


def plain(made: Json) -> Json:
    """As a reader would see it."""
    found: Json = orjson.loads(msgspec.json.encode(made))
    return found


def place(made: Json, path: str) -> list[tuple[Any, Any]]:
    """The objects and lists on the way to a path, each with the key or index below."""
    found: list[tuple[Any, Any]] = []
    here: Any = made
    for name, index in _STEP.findall(path.partition(".")[2]):
        choices = (k for k in here if k.startswith(name) and k[len(name) :][:1].isupper())
        key = name if name in here else next(choices, None)
        if key is None:
            return found
        found.append((here, key))
        here = here[key]
        if index and isinstance(here, list) and int(index) < len(here):
            found.append((here, int(index)))
            here = here[int(index)]
        if not isinstance(here, dict):
            return found
    return found


def repairs(made: Json, issue: Issue) -> list[Json]:
    """Ways to mend a fault: what is needed, without one member of what is wrong, without all of it."""
    found: list[Json] = []
    here = place(made, issue.path)
    value = here[-1][0][here[-1][1]] if here else made
    for name, needed in NEEDED.items() if isinstance(value, dict) else ():
        if name == made["resourceType"] and not here:
            found.append({**made, **deepcopy(needed)})
    for key in list(value) if isinstance(value, dict) and len(value) > 1 else ():
        if key != "resourceType":
            found.append(less(made, [*here, (value, key)]))
    found += [less(made, here[:end]) for end in range(len(here), 0, -1)]
    return found


def less(made: Json, way: list[tuple[Any, Any]]) -> Json:
    """The same without what is at the end of a way, and without what becomes empty by that."""
    copied: Any = deepcopy(made)
    trail = []
    here = copied
    for _, key in way:
        trail.append((here, key))
        here = here[key]
    for owner, key in reversed(trail):
        del owner[key]
        if isinstance(key, str):
            owner.pop("_" + key, None)
        if owner:
            break
    assert isinstance(copied, dict)
    return copied


def mended(made: Json) -> Json | None:
    """The same without faults; None when that would leave too little."""
    issues = check(plain(made))
    for _ in range(60):
        if not issues:
            return made
        tries = ((one, check(plain(one))) for one in repairs(made, issues[0]))
        best = next(((one, found) for one, found in tries if len(found) < len(issues)), None)
        if best is None:
            return None
        made, issues = best
    return None


def resource(rtype: str, seed: int, share: float = 0.8) -> bytes:
    """A valid resource as text."""
    for attempt in range(20):
        made = mended(Generator(rtype, seed * 20 + attempt, share / (1 + attempt / 4)).whole())
        if made is not None:
            return msgspec.json.encode(made)
    return msgspec.json.encode(least(rtype))
