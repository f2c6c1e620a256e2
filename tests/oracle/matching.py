"""One value of a query against what a search expression found: the rules of R4's "Search", 3.1.1.5."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Any

from rapport.fhir.table import HEADINGS, value_set
from tests.oracle import spans
from tests.oracle.places import Found, target_type

Json = dict[str, Any]

_SPECIAL = "http://hl7.org/fhir/special-values"
PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)", re.S)
NAMES = ("text", "family", "given", "prefix", "suffix")
PLACES = ("text", "line", "city", "district", "state", "postalCode", "country")


def pieces(text: str, sign: str) -> list[str]:
    """The parts between signs that no backslash stands before."""
    found, escaped = [""], False
    for char in text:
        if char == sign and not escaped:
            found.append("")
        else:
            found[-1] += char
        escaped = char == "\\" and not escaped
    return found


def plain(text: str) -> str:
    """The text without the backslashes that escape."""
    return re.sub(r"\\([,|$\\])", r"\1", text)


def folded(text: str) -> str:
    """Without case, accents and width of blanks."""
    apart = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).casefold().split())


# ---------------------------------------------------------------- token


def codes(found: Found) -> list[tuple[str, str]]:
    """(system, code) of a value; a value without a system has ""."""
    value = found.value
    if found.type == "CodeableConcept":
        return [pair for one in value.get("coding", ()) for pair in codes(Found("Coding", one))]
    if found.type == "Coding":
        return [(value.get("system", ""), value.get("code", ""))]
    if found.type == "Identifier":
        return [(value.get("system", ""), value["value"])] if "value" in value else []
    if found.type == "ContactPoint":
        return [("", value["value"])] if "value" in value else []
    if isinstance(value, bool):
        return [("", str(value).lower())]
    return [("", value)] if isinstance(value, str) else []


def implied(found: Found) -> set[str]:
    """Systems that stand behind a plain code, by the value set that it comes from."""
    if found.type == "boolean":
        return {_SPECIAL}
    return set(value_set(found.codes)) if found.type == "code" and found.codes else set()


def is_token(found: Found, asked: str) -> bool:
    """code, system|code, |code, system|"""
    parts = [plain(one) for one in pieces(asked, "|")]
    for system, code in codes(found):
        if len(parts) == 1 and code == parts[0]:
            return True
        if len(parts) == 2 and parts[1] and code == parts[1] and parts[0] in {system, *implied(found)}:
            return True
        if len(parts) == 2 and not parts[1] and system == parts[0]:
            return True
    return False


def is_of_type(found: Found, asked: str) -> bool:
    """:of-type=system|code|value"""
    system, code, value = (plain(one) for one in pieces(asked, "|"))
    kinds = found.value.get("type", {}).get("coding", ()) if found.type == "Identifier" else ()
    named = [(kind.get("system", ""), kind.get("code")) for kind in kinds]
    return found.type == "Identifier" and found.value.get("value") == value and (system, code) in named


def is_worded(found: Found, asked: str) -> bool:
    """:text, the beginning of what stands beside a code or a reference for people to read"""
    value, texts = found.value, list[Any]()
    if found.type == "CodeableConcept":
        texts = [value.get("text"), *(one.get("display") for one in value.get("coding", ()))]
    elif found.type in ("Coding", "Reference"):
        texts = [value.get("display")]
    elif found.type == "Identifier":
        texts = [value.get("type", {}).get("text")]
    return any(folded(text).startswith(folded(plain(asked))) for text in texts if text)


def members(address: str, world: list[Json]) -> set[tuple[str, str]]:
    """The (system, code) pairs of a value set of R4, or of one in the world that lists its codes."""
    for name, (url, _) in HEADINGS.items():
        if url == address:
            return {(system, code) for system, each in value_set(name).items() for code in each}
    [stored] = [one for one in world if one["resourceType"] == "ValueSet" and one.get("url") == address]
    return {
        (part["system"], concept["code"])
        for part in stored["compose"]["include"]
        for concept in part["concept"]
    }


def relatives(asked: str, below: bool, world: list[Json]) -> set[tuple[str, str]]:
    """A code of a code system in the world, and all below it or above it."""
    system, code = (plain(one) for one in pieces(asked, "|"))
    [stored] = [one for one in world if one["resourceType"] == "CodeSystem" and one.get("url") == system]
    found: set[tuple[str, str]] = set()

    def walk(concepts: list[Json], above: list[str]) -> None:
        for one in concepts:
            way = [*above, one["code"]]
            if below and code in way:
                found.add((system, one["code"]))
            if not below and one["code"] == code:
                found.update((system, each) for each in way)
            walk(one.get("concept", []), way)

    walk(stored["concept"], [])
    return found


def is_among(found: Found, wanted: set[tuple[str, str]]) -> bool:
    """Whether a value is one of these codes; a plain code is of the systems of its value set."""
    return any(
        (system, code) in wanted or any((one, code) in wanted for one in implied(found))
        for system, code in codes(found)
    )


# ---------------------------------------------------------------- the others


def is_reference(found: Found, asked: str, targets: tuple[str, ...]) -> bool:
    """Type/id, id, an address, or a canonical with or without its version"""
    asked = plain(asked)
    if found.type in ("canonical", "uri", "url"):
        return asked in (found.value, found.value.partition("|")[0]) and not found.value.startswith("#")
    if found.type != "Reference":
        return False
    text = found.value.get("reference", "").partition("/_history/")[0]
    if "/" in asked or ":" in asked:
        return bool(text) and text == asked.partition("/_history/")[0]
    return text in [f"{target}/{asked}" for target in targets]


def is_identified(found: Found, asked: str) -> bool:
    """:identifier, of a reference that says whom it means by an identifier"""
    named = found.value.get("identifier", {}) if found.type == "Reference" else {}
    parts = [plain(one) for one in pieces(asked, "|")]
    if named.get("value") != parts[-1]:
        return False
    return len(parts) == 1 or named.get("system", "") == parts[0]


def is_dated(found: Found, asked: str) -> bool:
    """A date with an optional prefix"""
    prefix, text = PREFIX.fullmatch(asked).groups()  # type: ignore[union-attr]
    have = spans.times(found.type, found.value)
    return have is not None and spans.within(prefix or "eq", have, spans.date(text))


def is_numbered(found: Found, asked: str) -> bool:
    """number, number|system|code, number||code, each with an optional prefix"""
    parts = [plain(one) for one in pieces(asked, "|")]
    prefix, text = PREFIX.fullmatch(parts[0]).groups()  # type: ignore[union-attr]
    low, at, high = 0, 0, 0
    at, low, high = spans.number(text)
    unit = (parts[1], parts[2]) if len(parts) == 3 and parts[2] else None
    if unit and unit[0] == spans.UCUM:
        worth = spans.UNITS[unit[1]][0]
        at, low, high = at * worth, low * worth, high * worth
    if isinstance(found.value, dict):
        ranges = spans.amounts(found.type, found.value, unit)
    else:
        exact = spans.Fraction(Decimal(repr(found.value)))
        ranges = [(exact, exact)]
    return any(spans.compare(prefix or "eq", have, (at, low, high)) for have in ranges)


def texts(found: Found) -> list[str]:
    """What a string parameter looks at: the text itself, or the parts of a name or an address."""
    if isinstance(found.value, str):
        return [found.value]
    names = {"HumanName": NAMES, "Address": PLACES}[found.type]
    each = [found.value.get(name) for name in names]
    return [text for one in each for text in (one if isinstance(one, list) else [one]) if text]


def is_text(found: Found, asked: str, modifier: str) -> bool:
    """The beginning; `:contains` anywhere; `:exact` all of it as it is written"""
    asked = plain(asked)
    if modifier == "exact":
        return asked in texts(found)
    if modifier == "contains":
        return any(folded(asked) in folded(text) for text in texts(found))
    return any(folded(text).startswith(folded(asked)) for text in texts(found) if folded(text))


def is_uri(found: Found, asked: str, modifier: str) -> bool:
    """The same address; `:below` at or under it; `:above` at or over it"""
    asked = plain(asked)
    have = {found.value, found.value.partition("|")[0]} if found.type == "canonical" else {found.value}
    if modifier == "below":
        return any(one == asked or one.startswith(asked.rstrip("/") + "/") for one in have)
    if modifier == "above":
        return any(asked == one or asked.startswith(one.rstrip("/") + "/") for one in have)
    return asked in have


def is_near(found: Found, asked: str) -> bool:
    """latitude|longitude|distance|unit, on a sphere"""
    parts = [*asked.split("|"), "", ""][:4]
    at = found.value
    metres = float(parts[2] or 50) * {"": 1000, "km": 1000, "m": 1, "[mi_i]": 1609.344}[parts[3]]
    lat1, lon1, lat2, lon2 = map(radians, (at["latitude"], at["longitude"], float(parts[0]), float(parts[1])))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371008.8 * asin(min(1, sqrt(half))) <= metres


def points_to(found: Found, rtype: str) -> bool:
    """Whether a reference is to a resource of that type."""
    return found.type == "Reference" and target_type(found.value) == rtype
