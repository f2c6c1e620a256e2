"""Text, moments, labels and narratives: the small words of the language."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.fhir import labels, text
from rapport.fhir.moments import EARLIEST, LATEST, period, span, timing
from rapport.fhir.narrative import problem
from rapport.fhir.outcomes import Refused
from tests.fhir.making import DIV

AT = datetime(2026, 3, 1, 9, 30, 0, 120, tzinfo=UTC)


# Text -------------------------------------------------------------------------------------------------


def test_splice_keeps_every_digit_and_the_rest_of_meta() -> None:
    raw = (
        b'{"id":"old","valueQuantity":{"value":2.00, "x": 1e400},"resourceType":"Observation",'
        b'"meta":{"lastUpdated":"1999-01-01T00:00:00Z","tag":[{"code":"t"}],"versionId":"9"},"status":"final"}'
    )
    assert text.splice(raw, "new", 3, AT) == (
        b'{"resourceType":"Observation","id":"new",'
        b'"meta":{"versionId":"3","lastUpdated":"2026-03-01T09:30:00.000120Z","tag":[{"code":"t"}]},'
        b'"valueQuantity":{"value":2.00, "x": 1e400},"status":"final"}'
    )


def test_splice_without_id_or_meta() -> None:
    found = orjson.loads(text.splice(b' {"resourceType": "Basic", "code": {"text": "\\u00e9"}}', "b", 1, AT))
    assert found["id"] == "b" and found["meta"]["versionId"] == "1" and found["code"]["text"] == "é"


def test_splice_writes_utc() -> None:
    at = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=3)))
    assert b'"lastUpdated":"2025-12-31T22:00:00Z"' in text.splice(b'{"resourceType":"Basic"}', "b", 1, at)


@pytest.mark.parametrize("raw", [b"[]", b"3", b"{", b"", b'{"a":1}x'])
def test_members_of_what_is_no_object(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        text.members(raw)


def test_references_are_rewritten_and_sentences_are_not() -> None:
    raw = (
        b'{"subject":{"reference" : "urn:uuid:1"},"note":"he said \\"reference\\":\\"urn:uuid:1\\"",'
        b'"value":2.00,"identifier":{"value":"urn:uuid:1"},"content":{"url":"urn:uuid:1"},"u":{"url":"http://x"}}'
    )
    asked: list[str] = []

    def replace(reference: str) -> str | None:
        asked.append(reference)
        return {"urn:uuid:1": "Patient/1"}.get(reference)

    found = text.references(raw, replace)
    assert asked == ["urn:uuid:1", "urn:uuid:1"]
    assert found == raw.replace(b'"reference" : "urn:uuid:1"', b'"reference" : "Patient/1"').replace(
        b'"url":"urn:uuid:1"', b'"url":"Patient/1"'
    )


def test_references_with_escapes() -> None:
    raw = b'{"reference":"Patient?name=\\"x\\"\\u00e9"}'
    assert text.references(raw, lambda found: "Patient/é" if found == 'Patient?name="x"é' else None) == (
        '{"reference":"Patient/é"}'.encode()
    )
    assert text.references(b'{"a":1}', lambda found: "x") == b'{"a":1}'


@pytest.mark.parametrize(
    "raw",
    [
        b'{"subject":{"reference":"Patient/a","reference":"Patient/b"}}',
        b'{"a":1,"b":[{"c" : 1,"c"\n:2}]}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":"\\":","a":1}',
    ],
)
def test_a_member_may_stand_once(raw: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError, match="twice"):
        text.loads(raw)


@pytest.mark.parametrize(
    "number", [b"1e-20000", b"-2.5E-1000", b"1e-01001", b"0." + b"0" * 1000 + b"1", b"1." + b"1" * 5000]
)
def test_a_number_has_an_end(number: bytes) -> None:
    for raw in (b'{"a":' + number + b"}", b"[1, " + number + b"]"):
        with pytest.raises(Refused, match=r"1,000 digits"):
            text.loads(raw)
    assert text.loads(b'{"a":"' + number + b'","b":1e-300}') == {"a": number.decode(), "b": 1e-300}


@pytest.mark.parametrize("raw", [b"{", b"", b'{"a":NaN}', b'{"a":"\\ud800"}', b"[" * 3000])
def test_what_is_not_json(raw: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        text.loads(raw)


json = st.recursive(
    st.none() | st.booleans() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(json)
def test_loads_reads_all_json(value: Any) -> None:
    assert text.loads(orjson.dumps(value)) == value
    assert text.loads(b'{"a\\":": 1, "b": "\\": \\" :"}') == {'a":': 1, "b": '": " :'}


@given(
    st.dictionaries(st.text().filter(lambda key: key not in ("id", "meta", "resourceType")), json, max_size=5)
)
def test_splice_changes_nothing_else(rest: dict[str, Any]) -> None:
    raw = msgspec.json.encode({**rest, "resourceType": "Basic"})
    found = msgspec.json.decode(text.splice(raw, "b", 1, AT))
    assert {key: value for key, value in found.items() if key not in ("id", "meta")} == msgspec.json.decode(
        raw
    )


# Moments ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("2024", "2024-01-01T00:00:00", "2025-01-01T00:00:00"),
        ("2024-12", "2024-12-01T00:00:00", "2025-01-01T00:00:00"),
        ("2024-02-29", "2024-02-29T00:00:00", "2024-03-01T00:00:00"),
        ("2024-02-29T23:30:00-01:00", "2024-03-01T00:30:00", "2024-03-01T00:30:01"),
        ("2024-02-29T23:30", "2024-02-29T23:30:00", "2024-02-29T23:31:00"),
        ("2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00.500000", "2024-01-01T00:00:00.600000"),
        ("2024-01-01T00:00:00.1234567Z", "2024-01-01T00:00:00.123456", "2024-01-01T00:00:00.123457"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59", "2017-01-01T00:00:00"),
    ],
)
def test_spans(written: str, low: str, high: str) -> None:
    expected = tuple(datetime.fromisoformat(end).replace(tzinfo=UTC) for end in (low, high))
    assert span(written) == expected


@pytest.mark.parametrize(
    "written", ["", "x", "2024-13", "2023-02-29", "24", "2024-1-1", "0000", None, 2024, "2024T10"]
)
def test_what_is_no_date(written: Any) -> None:
    assert span(written) is None


def test_the_ends_of_time() -> None:
    assert span("9999") == (datetime(9999, 1, 1, tzinfo=UTC), LATEST)
    assert span("9999-12-31T23:59:59-10:00") == (LATEST, LATEST)
    assert span("0001-01-01T00:00:00+14:00") == (EARLIEST, EARLIEST)
    assert period({"start": "2024"}) == (datetime(2024, 1, 1, tzinfo=UTC), LATEST)
    assert period({"end": "2024"}) == (EARLIEST, datetime(2025, 1, 1, tzinfo=UTC))
    assert period({}) is None and period("x") is None
    assert timing({"event": ["2024-05-01", "2024-01-01"]}) == (
        datetime(2024, 1, 1, tzinfo=UTC),
        datetime(2024, 5, 2, tzinfo=UTC),
    )
    assert timing({"repeat": {"boundsPeriod": {"start": "2024"}}}) == (
        datetime(2024, 1, 1, tzinfo=UTC),
        LATEST,
    )
    assert timing({"code": {}}) is None and timing(3) is None


@given(st.text(max_size=30))
def test_span_never_raises(written: str) -> None:
    found = span(written)
    assert found is None or found[0] <= found[1]


# Labels -----------------------------------------------------------------------------------------------


def test_bits_fit_a_bigint_and_never_change() -> None:
    assert max(labels.BITS.values()) < 2**62
    assert len(set(labels.LABELS)) == len(labels.LABELS)
    assert labels.STAFF == 2
    assert labels.BITS[(labels.CONFIDENTIALITY, "R")] == 4
    assert labels.BITS[(labels.ACT_CODE, "HIV")] == 1 << 6


@pytest.mark.parametrize("code", list("ULMN"))
def test_ordinary_confidentiality_hides_nothing(code: str) -> None:
    assert labels.mask([{"system": labels.CONFIDENTIALITY, "code": code}]) == 0


@pytest.mark.parametrize(
    "security",
    [
        "R",
        {},
        [3],
        [{"code": "R"}],
        [{"system": labels.CONFIDENTIALITY}],
        [{"system": "urn:x", "code": "y"}],
        [{"system": [], "code": {}}],
        [{}],
    ],
)
def test_what_is_not_known_is_hidden(security: Any) -> None:
    assert labels.mask(security) == labels.UNKNOWN


def test_labels_add_up() -> None:
    found = labels.mask(
        [
            {"system": labels.OWN, "code": "staff-only"},
            {"system": labels.ACT_CODE, "code": "PSY"},
            {"system": "urn:new", "code": "x"},
        ]
    )
    assert found == labels.STAFF | labels.BITS[(labels.ACT_CODE, "PSY")] | labels.UNKNOWN
    assert labels.words(found) == (("", "unknown"), labels.STAFF_ONLY, (labels.ACT_CODE, "PSY"))
    assert labels.mask(None) == labels.mask([]) == 0
    assert found & ~labels.ALL == 0


# Narratives -------------------------------------------------------------------------------------------

START = '<div xmlns="http://www.w3.org/1999/xhtml">'


@pytest.mark.parametrize(
    "div",
    [
        DIV,
        f"{START}<p class='x' style='color: red'>a &lt; b &#233;</p><!-- c --></div>",
        f"{START}<table><tr><td colspan='2'>x</td></tr></table></div>",
        f"{START}<a href='https://example.org/?a=1&amp;b=2#c'>x</a><a href='#x'>y</a></div>",
        f"{START}<img src='data:image/png;base64,AA=='/></div>",
        f"{START}<img src='cid:1' alt=''/></div>",
        f"{START}<p style='background: url(picture.png)'>x</p></div>",
        f"{START}<p style='background: url(data:image/png;base64,AA==)'>x</p></div>",
    ],
)
def test_good_narratives(div: str) -> None:
    assert problem(div) == ""


@pytest.mark.parametrize(
    ("div", "words"),
    [
        ("", "div"),
        (None, "div"),
        ("<div>x</div>", "xmlns"),
        (f"{START} <br/> </div>", "some text"),
        (f"{START}<script>x</script></div>", "script"),
        (f"{START}<p onclick='x'>y</p></div>", "onclick"),
        (f"{START}<a href='javascript:x'>y</a></div>", "link"),
        (f"{START}<a href=' JavaScript&#58;x'>y</a></div>", "link"),
        (f"{START}<a href='data:text/html,x'>y</a></div>", "link"),
        (f"{START}<img src='vbscript:x'/></div>", "link"),
        (f"{START}<p style='background:url(http://x)'>y</p></div>", "style"),
        (f"{START}<p style='background:url(//x)'>y</p></div>", "style"),
        (f"{START}<p style='background:url( javascript:x)'>y</p></div>", "style"),
        (f"{START}<p style='a: expression(1)'>y</p></div>", "style"),
        (f"{START}<iframe src='x'/>y</div>", "iframe"),
        (f"{START}<svg>y</svg></div>", "svg"),
        (f"{START}<form>y</form></div>", "form"),
        (f"{START}a &nbsp; b</div>", "well-formed"),
        (f"{START}<p>y</div>", "well-formed"),
        (f"{DIV}{DIV}", "well-formed"),
        (f"<!DOCTYPE div [<!ENTITY x 'y'>]>{START}&x;</div>", "document type"),
        (f"{START}<![CDATA[y]]></div>", "CDATA"),
        (f"<?php y ?>{DIV}", "processing"),
        (f"{START}\ud800</div>", "well-formed"),
        (f"{START}{'<p>' * 100}y{'</p>' * 100}</div>", "deeply"),
        (f"{START}<x:p xmlns:x='urn:x'>y</x:p></div>", "x:p"),
    ],
)
def test_bad_narratives(div: Any, words: str) -> None:
    assert words in problem(div)


def test_long_attributes_cost_little() -> None:
    start = time.perf_counter()
    for filling in (" " * 200_000, "url" * 70_000, "url(" * 50_000, "a/" * 100_000 + ":"):
        problem(f"{START}<a href='{filling}:' style='{filling}'>x</a></div>")
    assert time.perf_counter() - start < 3


@given(st.text())
def test_narratives_never_raise(inner: str) -> None:
    problem(inner)
    problem(f"{START}{inner}</div>")
