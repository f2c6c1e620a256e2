"""FHIRPath: HL7's own suite, and what an engine that strangers may ask must refuse."""

from __future__ import annotations

import contextlib
import functools
import html
import time
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.fhir import fhirpath
from rapport.fhir.fhirpath import Moment, Node, PathError, Quantity, kinds
from tests.fhir import fromxml
from tests.fhir.conftest import shared

Json = dict[str, Any]

#: Cases that fail, and why that is right here.
KNOWN: dict[str, str] = {
    "testPolymorphismAsB": "an error that only types worked out before running could tell",
    "testDollarOrderNotAllowed": "an error that only types worked out before running could tell",
    "LowBoundaryDecimal15": "-0.0034 can be -0.00345, which is below -0.0",
    "HighBoundaryDecimal15": "0.0034 can be 0.00344, which is above 0.0",
    "HighBoundaryDecimal16": "the same, with a minus in front of the whole",
    "HighBoundaryDateTimeMillisecond1": "08 o'clock lasts until 08:59:59.999, not until 08:00:59.999",
    "HighBoundaryDateTimeMillisecond3": "the same",
}


@functools.cache
def subject(name: str) -> Any:
    """An input file; XML is read as it is, because its conversions lost the types of some numbers."""
    folder = "conformance/fhirpath-r4/input/"
    if not name:
        return {"resourceType": "Basic"}
    path = shared(folder).joinpath(name)
    if path.suffix == ".xml" and path.exists():
        return fromxml.resource(ElementTree.parse(path).getroot())
    return msgspec.json.decode(path.with_suffix(".json").read_bytes())


def written(item: Any) -> tuple[str, str]:
    """An item as the suite writes it: its type, its text."""
    value = fhirpath.nodes.plain(item)
    kind = item.kind if type(item) is Node else kinds.type_of(item).name
    if type(value) is bool:
        return kind, str(value).lower()
    return kind, ("@T" if kind == "Time" else "@" if type(value) is Moment else "") + str(value)


def passes(case: ElementTree.Element) -> bool:
    """Whether one case gives what it should."""
    expression = case.find("expression")
    assert expression is not None
    invalid = expression.get("invalid") or case.get("invalid")
    try:
        made = fhirpath.compiled(html.unescape(expression.text or ""), strict=invalid == "semantic")
        found = [written(item) for item in made.on(subject(case.get("inputfile", "")))]
    except PathError:
        return invalid is not None
    if invalid:
        return False
    wanted = [(one.get("type"), one.text or "") for one in case.iter("output")]
    if case.get("predicate") == "true":
        return wanted == [("boolean", str(bool(found)).lower())]
    if case.get("ordered") == "false":
        found, wanted = sorted(found), sorted(wanted, key=lambda one: (str(one[0]), one[1]))
    return len(found) == len(wanted) and all(map(agree, found, wanted))


def agree(found: tuple[str, str], wanted: tuple[str | None, str]) -> bool:
    """One item is what the suite asks for."""
    kind, text = wanted
    if kind and kind.lower() != found[0].lower():
        return False
    if kind == "decimal":
        return Decimal(found[1]) == Decimal(text)
    return found[1] == text


def cases() -> list[Any]:
    root = ElementTree.parse(shared("conformance/fhirpath-r4/tests-fhir-r4.xml")).getroot()
    return list(root.iter("test"))


def test_the_suite() -> None:
    """All cases of HL7's suite but the few named above."""
    found = cases()
    failed = [case.get("name") for case in found if not passes(case)]
    assert len(found) == 935
    assert sorted(set(failed)) == sorted(KNOWN), failed


NAMES: Json = {
    "resourceType": "Patient",
    "id": "p",
    "active": True,
    "birthDate": "1980-02-29",
    "_birthDate": {"extension": [{"url": "http://example.org/t", "valueDateTime": "1980-02-29T10:00:00Z"}]},
    "name": [
        {"use": "official", "family": "Okafor", "given": ["Dara", None], "_given": [None, {"id": "g"}]},
        {"use": "nickname", "given": ["Dee"]},
    ],
    "deceasedBoolean": False,
    "managingOrganization": {"reference": "#o"},
    "generalPractitioner": [{"reference": "Practitioner/7"}],
    "contained": [{"resourceType": "Organization", "id": "o", "name": "Ward 3"}],
}


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("name.given", ["Dara", None, "Dee"]),
        ("name.given.where(hasValue())", ["Dara", "Dee"]),
        ("name.where(use = 'nickname').given", ["Dee"]),
        ("Patient.name[1].given", ["Dee"]),
        ("Resource.id | DomainResource.id", ["p"]),
        ("deceased", [False]),
        ("deceased is boolean", [True]),
        ("birthDate.extension('http://example.org/t').value.toString()", ["1980-02-29T10:00:00Z"]),
        ("managingOrganization.resolve().name", ["Ward 3"]),
        ("generalPractitioner.where(resolve() is Practitioner).reference", ["Practitioner/7"]),
        ("contained.select(%resource.id)", ["p"]),
        ("name.select(%context.id)", ["p", "p"]),
        ("name.given.count() > 2 and active", [True]),
        ("{} or true", [True]),
        ("iif(active, 'yes', 1 / 0)", ["yes"]),
        ("name.given.select($index)", [0, 1, 2]),
        ("getResourceKey()", ["Patient/p"]),
        ("generalPractitioner.getReferenceKey()", ["Practitioner/7"]),
        ("1 'kg' = 1000 'g'", [True]),
        ("98.6 '[degF]' > 36 'Cel'", [True]),
        ("@2024-02-29 + 1 year", [Moment.literal("2025-02-28")]),
        ("@2024-01-31 + 1 month", [Moment.literal("2024-02-29")]),
        ("@T23:30 + 1 hour", [Moment.literal("T00:30")]),
        ("2 'm' * 3", [Quantity(Decimal(6), "m")]),
        ("%`x y`", ["from outside"]),
        ("repeat(name | given).count()", [5]),
    ],
)
def test_expressions(expression: str, values: list[Any]) -> None:
    found = fhirpath.compiled(expression).on(NAMES, {"x y": ["from outside"]})
    plain = [fhirpath.nodes.plain(item) for item in found]
    assert plain == values and [type(one) for one in plain] == [type(one) for one in values]


@pytest.mark.parametrize(
    "expression",
    [
        # Quantities: added in the unit of the first, equal by what they are worth.
        "1 'm' + 50 'cm' = 150 'cm'",
        "(1 'm' - 1 'm').toString() = '0 \\'m\\''",
        "(1 'm' + 1 's').empty()",
        "(1 'm' / 0 'm').empty()",
        "2 'm' * 1 '1' = 2 'm'",
        "(1 'm' | 100 'cm' | 1 's').count() = 2",
        "12 months = 1 year and (1 month = 30 days).empty()",
        "(3 '[x]') = (3 '[x]') and (1 '[x]' ~ 1 'm') = false",
        "(1 day | 24 hours).count() = 2",
        # Moments: moved within the calendar, never beyond it.
        "(@9999-12-31 + 1 day).empty() and (@0001-01 - 1 month).empty()",
        "@2020 + 400 days = @2021 and @2020-01 + 40 days = @2020-02",
        "@2020-01-01 + 36 hours = @2020-01-02",
        "@T10 + 90 minutes = @T11 and @T10:00 - 11 hours = @T23:00",
        "@2020-01-01T10:00:00.5Z + 500 'ms' = @2020-01-01T10:00:01Z",
        "@2020-01-01T23:00Z = @2020-01-02T01:00+02:00 and @2020-01-01T10 < @2020-01-01T11",
        "(@2020-01-01T10:00Z | @2020-01-01T11:00+01:00).count() = 1",
        "(@T10:00 | @T10:00 | @2020 | @2020T).count() = 2",
        "@2020-02.lowBoundary() = @2020-02-01 and @2020-02.highBoundary() = @2020-02-29",
        "@2020-02-01T10:30:15.123Z.lowBoundary(14).toString() = '2020-02-01T10:30:15Z'",
        "@2020.lowBoundary(5).empty() and 'x'.lowBoundary().empty() and 'x'.precision().empty()",
        # Numbers
        "7 mod -3 = 1 and -7 mod 3 = -1 and 7.5 mod 2 = 1.5 and 7 div -2 = -3",
        "(2.5 + 1) = 3.5 and (1 - 2.5) = -1.5 and 2.0 div 0.3 = 6",
        "1.5.round() = 2 and 2.5.floor() = 2 and {}.floor().empty() and {}.round().empty()",
        "2.power(0.5) > 1.41 and 2.power(-1) = 0.5 and {}.power(2).empty()",
        "(5 ~ 5.0) and (5.11 ~ 5.1) and ('A  b' ~ 'a b') and (@2020 ~ @2020-01) = false",
        # Conversions
        "'2020-01-02T10:00:00Z'.toDateTime().toDate() = @2020-01-02",
        "@2020-01-02.toDateTime() = @2020-01-02T and @T10.toDateTime().empty() and 3.toDate().empty()",
        "'5 \\'mg\\''.toQuantity().toString() = '5 \\'mg\\'' and 'T'.toBoolean() and 'no'.toBoolean().not()",
        "'99999999999'.toInteger().empty() and 1.0.toString() = '1.0' and 'x'.toDecimal().empty()",
        # Texts
        "'abc'.replaceMatches('(b)', '<$1>') = 'a<b>c' and 'abc'.split('').count() = 3",
        "'abc'.substring(1, {}).empty() and {}.join(',').empty() and 'x'.encode('y').empty()",
        # Collections
        "(1 | 2).union(2 | 3).count() = 3 and (true | false).anyTrue() and (true | false).anyFalse()",
        "(1 | 2 | 3).skip(-1).count() = 3 and (1 | 2).take(-1).empty() and {}.single().empty()",
        "name.intersect(name).count() = 2 and name.exclude(name).empty() and name.isDistinct()",
        "(name | name).count() = 2 and name.subsetOf(name) and name.first() = name.first()",
        "(3 | 1 | 2).sort(-$this).first() = 3",
        "active.getValue() and name.getValue().empty()",
        # The tree
        "contained.select(%rootResource.id).first() = 'p' and contained.first() is Organization",
        "managingOrganization.resolve().conformsTo('http://hl7.org/fhir/StructureDefinition/Organization')",
        "generalPractitioner.resolve().id = '7' and 'x'.resolve().empty()",
        "text.div.htmlChecks().empty() and birthDate.children().count() = 1",
        "now() > @2020 and today() <= now().toDate() and timeOfDay().exists() and now() = now()",
    ],
)
def test_what_is_true(expression: str) -> None:
    assert fhirpath.compiled(expression).holds(NAMES), fhirpath.compiled(expression).values(NAMES)


def test_references_within_a_bundle() -> None:
    entries = [
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "a", "gender": "female"}},
        {
            "fullUrl": "http://x/Observation/o",
            "resource": {"resourceType": "Observation", "id": "o", "subject": {"reference": "urn:uuid:1"}},
        },
        {
            "resource": {
                "resourceType": "Observation",
                "subject": {"reference": "http://elsewhere/Patient/9"},
                "hasMember": [{"reference": "Observation/o"}, {"reference": "urn:uuid:nothing"}],
                "performer": [{"display": "x"}],
            }
        },
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    found = fhirpath.compiled("entry.resource.subject.resolve()").nodes(bundle)
    assert [node.value.get("gender") for node in found] == ["female", None]
    members = fhirpath.compiled("entry.resource.hasMember.resolve().id").values(bundle)
    assert members == ["o"]
    assert fhirpath.compiled("entry.resource.performer.resolve()").on(bundle) == []
    assert fhirpath.compiled("entry.resource.where(resolve() is Patient)").on(bundle) == []
    assert fhirpath.compiled("entry.resource.ofType(Patient).gender").values(bundle) == ["female"]


def test_a_node_knows_its_place() -> None:
    found = fhirpath.compiled("Patient.name.given | contained.name").nodes(NAMES)
    assert [node.place() for node in found] == [
        ["name", 0, "given", 0],
        ["name", 0, "given", 1],
        ["name", 1, "given", 0],
        ["contained", 0, "name"],
    ]


@pytest.mark.parametrize("name", sorted(fhirpath.registry.REFUSED))
def test_what_is_not_offered_is_refused_when_read(name: str) -> None:
    with pytest.raises(PathError, match="not offered here"):
        fhirpath.compiled(f"name.{name}('x')")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "ends too early"),
        ("name.", "ends too early"),
        ("name name", "can't be read at 'name'"),
        ("name..given", "can't be read"),
        ("'open", "can't be read"),
        ("name.fly()", "fly"),
        ("name.where()", "0 arguments"),
        ("name.is(Bird)", "Bird"),
        ("name is System.Bird.x", "can't be read"),
        ("@2023-02-29", "does not exist"),
        ("(" * 200 + ")" * 200, "nested"),
        ("-" * 200 + "1", "nested"),
        ("1" + "+1" * 200, "in a row"),
        ("a" + ".a" * 2000, "too long"),
        ("9" * 500, "too long"),
    ],
)
def test_what_can_not_be_read(expression: str, words: str) -> None:
    with pytest.raises(PathError, match=words):
        fhirpath.compiled(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "%nothing",
        "name.single()",
        "name.given + 1",
        "1 + 'a'",
        "birthDate < 3",
        "name.matches('x')",
        "'x'.matches('(')",
        "'x'.encode('base64').decode('hex')",
        "(1 | 2 | 3 | 4).aggregate(iif($total.empty(), 9, $total * 999999999999999))",
        "repeat($this).count() > ('x' | 'y')",
        "name.given.aggregate($total & $total & 'aaaaaaaaaa')",
        "descendants().select(%context.name.where(descendants().exists()))",
    ],
)
def test_what_can_not_be_worked_out(expression: str) -> None:
    resource = {**NAMES, "name": NAMES["name"] * 100}
    with pytest.raises(PathError):
        fhirpath.compiled(expression).on(resource)


@pytest.mark.parametrize(
    "expression",
    [
        "('a' | 'b' | 'c').repeat($this & 'x').count()",
        "9.power(99999999).power(99999999)",
        "name.where(descendants().where(%resource.descendants().exists()).exists())",
        "(9999999999.0).power(999999).exp()",
    ],
)
def test_work_is_bounded(expression: str) -> None:
    resource = {**NAMES, "name": NAMES["name"] * 200}
    start = time.perf_counter()
    with contextlib.suppress(PathError):
        fhirpath.compiled(expression).on(resource)
    assert time.perf_counter() - start < 20


def test_only_what_is_allowed() -> None:
    allowed = frozenset({"where", "first"})
    assert fhirpath.read("name.where(use = 'x').first()", allowed=allowed)
    with pytest.raises(PathError, match="not allowed"):
        fhirpath.read("name.matches('x')", allowed=allowed)


@given(st.text(st.sampled_from("name.where()[]{}'`|&+-*/<>=!~,$this%@0123456789T:Zo \\"), max_size=40))
def test_never_raises_anything_else(expression: str) -> None:
    with contextlib.suppress(PathError):
        fhirpath.compiled(expression).on(NAMES)
