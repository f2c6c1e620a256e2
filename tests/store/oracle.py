"""Search done the plain way, over a list of dicts, with nothing of the store's: the yardstick.

It knows a few parameters of Patient and Observation, enough for every basic kind of value.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
Span = tuple[datetime, datetime]


def _codings(concept: Json | None) -> list[tuple[str, str]]:
    return [(one.get("system", ""), one.get("code", "")) for one in (concept or {}).get("coding", ())]


TOKENS: dict[str, Callable[[Json], list[tuple[str, str]]]] = {
    "Patient.gender": lambda r: [("", r["gender"])] if "gender" in r else [],
    "Patient.identifier": lambda r: [
        (one.get("system", ""), one["value"]) for one in r.get("identifier", ())
    ],
    "Observation.code": lambda r: _codings(r["code"]),
    "Observation.status": lambda r: [("", r["status"])],
}
REFERENCES: dict[str, Callable[[Json], list[str]]] = {
    "Observation.patient": lambda r: [r["subject"]["reference"]],
    "Observation.subject": lambda r: [r["subject"]["reference"]],
    "Observation.performer": lambda r: [one["reference"] for one in r.get("performer", ())],
}
STRINGS: dict[str, Callable[[Json], list[str]]] = {
    "Patient.family": lambda r: [one["family"] for one in r.get("name", ()) if "family" in one],
    "Patient.address-city": lambda r: [one["city"] for one in r.get("address", ()) if "city" in one],
}
DATES: dict[str, Callable[[Json], list[Any]]] = {
    "Patient.birthdate": lambda r: [r["birthDate"]] if "birthDate" in r else [],
    "Observation.date": lambda r: [r[key] for key in ("effectiveDateTime", "effectivePeriod") if key in r],
}
AMOUNTS: dict[str, Callable[[Json], list[Json]]] = {
    "Observation.value-quantity": lambda r: [r["valueQuantity"]] if "valueQuantity" in r else [],
}
LOW, HIGH = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def plain(text: str) -> str:
    """Without accents and case, as far as the names of the tests go."""
    return unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode().lower()


def span(value: Any) -> Span:
    if isinstance(value, dict):
        return (span(value["start"])[0] if "start" in value else LOW), (
            span(value["end"])[1] if "end" in value else HIGH
        )
    if len(value) > 10:
        at = datetime.fromisoformat(value)
        return at, at + timedelta(seconds=1)
    year, month, day = [*map(int, value.split("-")), 0, 0][:3]
    low = datetime(year, month or 1, day or 1, tzinfo=UTC)
    if day:
        return low, low + timedelta(days=1)
    if month:
        return low, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return low, datetime(year + 1, 1, 1, tzinfo=UTC)


def fits(resource: Json, name: str, written: str) -> bool:
    """Whether one resource matches one parameter."""
    word, _, modifier = name.partition(":")
    path = f"{resource['resourceType']}.{word}"
    alternatives = written.split(",")
    if word == "_id":
        return resource["id"] in alternatives
    if modifier == "missing":
        return any((one == "true") == (not _values(path, resource)) for one in alternatives)
    found = any(
        _matches(path, modifier, value, one) for value in _values(path, resource) for one in alternatives
    )
    return not found if modifier == "not" else found


def _values(path: str, resource: Json) -> list[Any]:
    for table in (TOKENS, REFERENCES, STRINGS, DATES, AMOUNTS):
        if path in table:
            return table[path](resource)
    raise KeyError(path)


def _matches(path: str, modifier: str, value: Any, asked: str) -> bool:
    if path in TOKENS:
        system, bar, code = asked.rpartition("|")
        if bar and not code:
            return bool(value[0] == system)
        return bool(value[1] == code and (not bar or value[0] == system))
    if path in REFERENCES:
        return bool(value == asked or (value == f"Patient/{asked}"))
    if path in STRINGS:
        if modifier == "exact":
            return bool(value == asked)
        have, want = plain(value), plain(asked)
        return want in have if modifier == "contains" else have.startswith(want)
    prefix, rest = (asked[:2], asked[2:]) if asked[:2].isalpha() else ("eq", asked)
    if path in DATES:
        return _within(span(value), span(rest), prefix)
    number, _, unit = rest.partition("||")
    if unit and unit not in (value.get("unit"), value.get("code")):
        return False
    return _compared(value["value"], number, prefix)


def _within(have: Span, want: Span, prefix: str) -> bool:
    (low, high), (a, b) = have, want
    inside = low >= a and high <= b
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > b,
        "lt": low < a,
        "ge": high > b or inside,
        "le": low < a or inside,
        "sa": low >= b,
        "eb": high <= a,
    }[prefix]


def _compared(have: float, written: str, prefix: str) -> bool:
    want = float(written)
    half = 0.5 * 10.0 ** -len(written.partition(".")[2])
    near = want - half <= have < want + half
    return {
        "eq": near,
        "ne": not near,
        "gt": have > want,
        "lt": have < want,
        "ge": have >= want,
        "le": have <= want,
        "sa": have > want,
        "eb": have < want,
    }[prefix]


def search(resources: list[Json], pairs: list[tuple[str, str]]) -> list[Json]:
    """Those that match every pair, in no special order."""
    return [one for one in resources if all(fits(one, name, written) for name, written in pairs)]


def sort_key(resource: Json, code: str, descending: bool) -> Any:
    """What a resource sorts by; what has no value sorts as the smallest."""
    path = f"{resource['resourceType']}.{code}"
    if path in DATES:
        spans = [span(value) for value in DATES[path](resource)]
        found = [low if low != LOW else high for low, high in spans]  # a Period without a start: its end
        least: Any = LOW
    elif path in AMOUNTS:
        found, least = [value["value"] for value in AMOUNTS[path](resource)], float("-inf")
    else:
        found, least = [plain(value) for value in STRINGS[path](resource)], ""
    value = (max(found) if descending else min(found)) if found else least
    return (bool(found) == descending, value)
