"""A query is understood as R4 says, or refused with what is wrong named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.fhir import search
from rapport.fhir import search_values as values
from rapport.fhir.outcomes import Refused
from rapport.fhir.search import parse


def _only(rtype: str, name: str, written: str) -> search.Clause:
    [found] = parse(rtype, [(name, written)]).conditions
    assert isinstance(found, search.Clause)
    return found


def test_tokens() -> None:
    assert _only("Patient", "identifier", "a,urn:x|b,|c,urn:x|").values == (
        values.Token(None, "a"),
        values.Token("urn:x", "b"),
        values.Token("", "c"),
        values.Token("urn:x", None),
    )
    assert _only("Patient", "identifier", r"a\,b\|c\\").values == (values.Token(None, "a,b|c\\"),)


def test_references_take_bare_ids_for_every_target() -> None:
    assert _only("Observation", "patient", "1").values == (values.Reference("Patient/1"),)
    found = {
        value.reference
        for value in _only("Observation", "subject", "1").values
        if isinstance(value, values.Reference)
    }
    assert {"Patient/1", "Group/1", "Device/1", "Location/1"} == found
    assert _only("Observation", "subject:Patient", "1").values == (values.Reference("Patient/1"),)
    assert _only("Observation", "subject", "http://x/Patient/1").values == (
        values.Reference("http://x/Patient/1"),
    )
    assert _only("Observation", "subject:identifier", "urn:x|1").values == (values.Token("urn:x", "1"),)


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("2024", "2024-01-01T00:00:00+00:00", "2025-01-01T00:00:00+00:00"),
        ("2024-02", "2024-02-01T00:00:00+00:00", "2024-03-01T00:00:00+00:00"),
        ("2024-02-29", "2024-02-29T00:00:00+00:00", "2024-03-01T00:00:00+00:00"),
        ("2024-02-29T10:30Z", "2024-02-29T10:30:00+00:00", "2024-02-29T10:31:00+00:00"),
        ("2024-02-29T10:30:05+02:00", "2024-02-29T08:30:05+00:00", "2024-02-29T08:30:06+00:00"),
        ("2024-02-29T10:30:05 02:00", "2024-02-29T08:30:05+00:00", "2024-02-29T08:30:06+00:00"),
        ("2024-02-29T10:30:05.5Z", "2024-02-29T10:30:05.500000+00:00", "2024-02-29T10:30:05.600000+00:00"),
    ],
)
def test_dates_stand_for_what_they_leave_open(written: str, low: str, high: str) -> None:
    [found] = _only("Observation", "date", f"ge{written}").values
    assert isinstance(found, values.Moment)
    assert (found.prefix, found.low.isoformat(), found.high.isoformat()) == ("ge", low, high)


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [("100", 99.5, 100.5), ("100.00", 99.995, 100.005), ("1e2", 50, 150), ("-3", -3.5, -2.5)],
)
def test_numbers_stand_for_what_they_leave_open(written: str, low: float, high: float) -> None:
    [found] = _only("Observation", "value-quantity", written).values
    assert isinstance(found, values.Amount)
    assert (found.low, found.high, found.code) == (low, high, None)
    [found] = _only("Observation", "value-quantity", f"lt{written}|urn:units|mg").values
    assert isinstance(found, values.Amount)
    assert (found.prefix, found.system, found.code) == ("lt", "urn:units", "mg")


def test_chains_and_their_reverse() -> None:
    [found] = parse("Observation", [("subject:Patient.name", "x")]).conditions
    assert isinstance(found, search.Chain) and found.target == "Patient"
    [several] = parse("Observation", [("subject.name", "x")]).conditions
    assert isinstance(several, search.Any)
    assert {one.target for one in several.each if isinstance(one, search.Chain)} == {"Patient", "Location"}
    [has] = parse("Patient", [("_has:Observation:patient:code", "1")]).conditions
    assert isinstance(has, search.Has) and has.param.rtype == "Observation"
    [deep] = parse("Task", [("focus:Observation.patient.family", "x")]).conditions
    assert isinstance(deep, search.Chain) and isinstance(deep.inner, search.Chain)


@pytest.mark.parametrize(
    "query",
    [
        [("subject.subject._id", "x")],
        [("subject._id", "x")] * 3,
        [("subject._id", ",".join("abc" * 30))],
        [("author.name", ",".join(["x"] * 5000))],
        [("created", ",".join(["2020"] * 5000))],
        [("created", ",".join(["2020"] * 1500))] * 3,
        [("subject:Basic." * 9 + "_id", "x")],
        [("_has:Basic:subject:" * 9 + "_id", "x")],
    ],
)
def test_a_short_address_does_not_ask_for_a_great_deal(query: list[tuple[str, str]]) -> None:
    with pytest.raises(Refused):
        parse("Basic", query)


def test_one_reference_to_anything_can_still_be_chained() -> None:
    [found] = parse("Basic", [("subject._id", "x")]).conditions
    assert isinstance(found, search.Any) and len(found.each) > 100
    assert parse("Patient", [("identifier", ",".join(f"s|{number}" for number in range(1000)))])


def test_what_shapes_the_answer() -> None:
    found = parse(
        "Observation",
        [
            ("_sort", "-date,_lastUpdated"),
            ("_count", "5000"),
            ("_total", "accurate"),
            ("_summary", "count"),
            ("_elements", "id,status"),
            ("_include", "Observation:patient"),
            ("_include:iterate", "Observation:encounter:Encounter"),
            ("_revinclude", "Provenance:target"),
            ("_format", "json"),
        ],
    )
    assert [(key.param.code, key.descending) for key in found.sort] == [
        ("date", True),
        ("_lastUpdated", False),
    ]
    assert (found.count, found.total, found.summary) == (search.LARGEST_PAGE, "accurate", "count")
    assert found.elements == ("id", "status")
    assert [(one.param.code, one.target, one.iterate) for one in found.include] == [
        ("patient", "", False),
        ("encounter", "Encounter", True),
    ]
    assert found.revinclude[0].param.rtype == "Provenance"
    assert found.conditions == ()


WRONG = [
    ("colour", "red", "colour"),
    ("date", "yesterday", "date=yesterday"),
    ("date", "2024-13", "date=2024-13"),
    ("date", "", "date="),
    ("code", "", "code="),
    ("code", "a|b|c", "a|b|c"),
    ("code:above", "x", ":above"),
    ("code:of-type", "a|b|c", ":of-type"),
    ("identifier:of-type", "a|b", "identifier:of-type=a|b"),
    ("date:exact", "2024", ":exact"),
    ("subject:missing", "maybe", "subject:missing=maybe"),
    ("value-quantity", "much", "value-quantity=much"),
    ("value-quantity", "1e999", "value-quantity=1e999"),
    ("value-quantity", "5|mg", "5|mg"),
    ("code.name", "x", "code"),
    ("subject:Organization.name", "x", "Organization"),
    ("subject.colour", "x", "colour"),
    ("_has:Observation:code", "x", "_has"),
    ("_has:Nothing:patient:code", "x", "_has"),
    ("_has:Observation:code:code", "x", "no reference"),
    ("_sort", "subject", "subject"),
    ("_sort", ",".join(["code"] * 11), "_sort"),
    ("_sort", "colour", "colour"),
    ("_count", "-1", "_count=-1"),
    ("_count", "many", "_count=many"),
    ("_total", "roughly", "_total=roughly"),
    ("_include", "Observation", "_include=Observation"),
    ("_include", "Observation:code", "code"),
    ("_include:all", "Observation:patient", "_include"),
    ("code-value-quantity", "8302-2", "2 values"),
    ("_filter", "code eq 1", "_filter"),
    ("_query", "x", "_query"),
]


@pytest.mark.parametrize(("name", "written", "named"), WRONG)
def test_what_is_wrong_is_named(name: str, written: str, named: str) -> None:
    with pytest.raises(Refused) as refused:
        parse("Observation", [(name, written)])
    assert refused.value.code == "invalid" and named in refused.value.text


def test_lenient_leaves_out_what_is_unknown_and_nothing_else() -> None:
    found = parse("Observation", [("colour", "red"), ("code", "1")], lenient=True)
    assert found.ignored == ("colour",) and len(found.conditions) == 1
    with pytest.raises(Refused):
        parse("Observation", [("date", "yesterday")], lenient=True)


def test_no_such_type() -> None:
    with pytest.raises(Refused) as refused:
        parse("Nothing", [])
    assert refused.value.code == "not-found"


names = st.sampled_from(
    [name for name, _, _ in WRONG] + ["_id", "identifier", "performer", "date", "_lastUpdated"]
)


@given(st.lists(st.tuples(st.one_of(names, st.text(max_size=20)), st.text(max_size=30)), max_size=4))
def test_nothing_written_breaks_it(pairs: list[tuple[str, str]]) -> None:
    """Whatever is asked, it is understood or refused."""
    try:
        parse("Observation", pairs)
    except Refused as refused:
        assert refused.code == "invalid"


def test_includes_have_a_bound() -> None:
    pairs = [
        ("_include", f"{rtype}:*") for rtype in ("Observation", "Task", "ExplanationOfBenefit", "Encounter")
    ]
    with pytest.raises(Refused, match="More than 40 of _include"):
        parse("Observation", pairs)
    assert len(parse("Observation", [("_include", "*")] * 50).include) == 11
