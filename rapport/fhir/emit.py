"""From FHIR values to index rows: an emitter for each search parameter type and FHIR type that fit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson

from rapport.fhir.amounts import AMOUNTS, is_number
from rapport.fhir.index_keys import (
    FOLDED,
    base_key,
    cut,
    fold,
    identifier_word,
    of_type_key,
    range_key,
    words_key,
)
from rapport.fhir.keys import hash64, target_key
from rapport.fhir.moments import period, span, timing
from rapport.fhir.paths import Leaf
from rapport.fhir.table import is_resource

Json = dict[str, Any]

#: Types whose values have words of their own.
WORDED: Final = ("CodeableConcept", "Coding", "Identifier", "Reference")


class Out:
    """What has been collected of one resource."""

    __slots__ = ("date", "number", "ref", "string", "token", "uri")

    def __init__(self) -> None:
        self.token: set[tuple[int, int]] = set()
        self.ref: set[tuple[int, int]] = set()
        self.date: set[tuple[int, datetime, datetime]] = set()
        self.number: set[tuple[int, float, float, int]] = set()
        self.string: set[tuple[int, str]] = set()
        self.uri: set[tuple[int, str]] = set()


Emit = Callable[[Any, Out], None]


@lru_cache(maxsize=4096)
def concept_rows(
    emits: tuple[Emit, ...], text: bytes
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, str], ...]]:
    """The token and string rows of a CodeableConcept, given as JSON. Kept: most come again and again."""
    out, value = Out(), orjson.loads(text)
    for emit in emits:
        emit(value, out)
    return tuple(out.token), tuple(out.string)


@lru_cache(maxsize=16384)
def emitter(kind: str, leaf: Leaf, rtype: str, code: str) -> Emit | None:
    """What turns values of a leaf into rows of a search parameter type; None when they don't fit."""
    make = _MAKERS.get(kind)
    return make(leaf, rtype, code) if make else None


def tokens(kind: str, value: Any) -> list[tuple[str, str]]:
    """(system, code) pairs of a value of one of the token types."""
    if type(value) is str:
        return [("", value)]
    if type(value) is bool:
        return [("", "true" if value else "false")]
    if type(value) is not dict:
        return []
    if kind == "CodeableConcept":
        codings = value.get("coding")
        if type(codings) is not list:
            return []
        return [pair for one in codings for pair in tokens("Coding", one)]
    system, code = value.get("system"), value.get("code" if kind == "Coding" else "value")
    if kind == "ContactPoint":
        system = ""
    known = system if type(system) is str else ""
    return [(known, code)] if type(code) is str else [(known, "")] if known and kind == "Coding" else []


_PLAIN_TOKENS: Final = ("code", "id", "string", "uri", "canonical", "boolean", "markdown")
_TOKEN_TYPES: Final = frozenset({"CodeableConcept", "Coding", "Identifier", "ContactPoint", *_PLAIN_TOKENS})


def _token(leaf: Leaf, rtype: str, code: str) -> Emit | None:
    kind = leaf.type
    if kind not in _TOKEN_TYPES:
        return None

    def emit(value: Any, out: Out) -> None:
        for system, word in tokens(kind, value):
            out.token.update(_token_rows(rtype, code, system, word))

    def typed(value: Any, out: Out) -> None:
        emit(value, out)
        kinds = value.get("type") if type(value) is dict else None
        word = value.get("value") if kinds else None
        if type(word) is str:
            for system, name in tokens("CodeableConcept", kinds):
                out.token.add((of_type_key(rtype, code, system, name, word), 0))

    return typed if kind == "Identifier" else emit


@lru_cache(maxsize=4096)
def _token_rows(rtype: str, code: str, system: str, word: str) -> tuple[tuple[int, int], ...]:
    """By its code, and by its system alone. Kept: most codes come again and again."""
    coded = ((hash64(rtype, code, word), hash64(system) if system else 0),) if word else ()
    return (*coded, (hash64(rtype, code, "|" + system), 0)) if system else coded


def _reference(leaf: Leaf, rtype: str, code: str) -> Emit | None:
    kind, target = leaf.type, leaf.target
    if kind in ("canonical", "uri", "url"):
        return _canonical(rtype, code)
    if kind == "Resource":
        return _inline(rtype, code)
    if kind != "Reference":
        return None

    def emit(value: Any, out: Out) -> None:
        if type(value) is not dict:
            return
        text, named = value.get("reference"), value.get("identifier")
        if type(text) is str and not text.startswith("#"):
            plain = text.split("/_history/", 1)[0]
            if not target or f"/{target}/" in f"/{plain}":
                out.ref.add((range_key(rtype, code), target_key(plain)))
        if type(named) is not dict or (target and value.get("type", target) != target):
            return
        if type(named.get("value")) is str:
            for system in (named.get("system") or "", None):
                word = identifier_word(system, named["value"])
                out.ref.add((range_key(rtype, code), target_key(word)))

    return emit


def _canonical(rtype: str, code: str) -> Emit:
    def emit(value: Any, out: Out) -> None:
        if type(value) is str and not value.startswith("#"):
            plain = value.split("|", 1)[0]
            for word in {value, plain}:
                out.ref.add((range_key(rtype, code), target_key(word)))

    return emit


def _inline(rtype: str, code: str) -> Emit:
    def emit(value: Any, out: Out) -> None:
        if type(value) is dict and type(value.get("id")) is str and is_resource(value.get("resourceType")):
            word = f"{value['resourceType']}/{value['id']}"
            out.ref.add((range_key(rtype, code), target_key(word)))

    return emit


def _date(leaf: Leaf, rtype: str, code: str) -> Emit | None:
    key = range_key(rtype, code)
    read = {"Period": period, "Timing": timing, "date": span, "dateTime": span, "instant": span}.get(
        leaf.type
    )
    if read is None:
        return None

    def emit(value: Any, out: Out) -> None:
        found = read(value)
        if found is not None:
            out.date.add((key, *found))

    return emit


def _number(leaf: Leaf, rtype: str, code: str) -> Emit | None:
    key = range_key(rtype, code)

    def emit(value: Any, out: Out) -> None:
        if is_number(value):
            out.number.add((key, float(value), float(value), 0))

    if leaf.type in ("integer", "decimal", "positiveInt", "unsignedInt"):
        return emit
    return _quantity(leaf, rtype, code) if leaf.type == "Range" else None


def _quantity(leaf: Leaf, rtype: str, code: str) -> Emit | None:
    key, base, read = range_key(rtype, code), base_key(rtype, code), AMOUNTS.get(leaf.type)
    if read is None:
        return None

    def emit(value: Any, out: Out) -> None:
        for low, high, unit, based in read(value) if type(value) is dict else ():
            out.number.add((base if based else key, low, high, unit))

    return emit


_TEXTS: Final = {
    "HumanName": ("text", "family", "given", "prefix", "suffix"),
    "Address": ("text", "line", "city", "district", "state", "postalCode", "country"),
}


def _string(leaf: Leaf, rtype: str, code: str) -> Emit | None:
    key, names = range_key(rtype, code), _TEXTS.get(leaf.type)

    def add(text: Any, out: Out) -> None:
        if type(text) is str:
            folded = cut(fold(text[:FOLDED]))
            if folded:
                out.string.add((key, folded))
                out.token.add((hash64(rtype, code, "=" + text), 0))

    def emit(value: Any, out: Out) -> None:
        if names is None:
            add(value, out)
            return
        for name in names if type(value) is dict else ():
            found = value.get(name)
            for text in found if type(found) is list else (found,):
                add(text, out)

    return emit if names or leaf.type in ("string", "markdown", "code", "uri") else None


def wording(leaf: Leaf, rtype: str) -> Emit | None:
    """What turns the words beside a code or a reference into rows, for `:text`; None where there are none.

    They are indexed by the place where they stand, so parameters that share it share the rows.
    """
    if leaf.type not in WORDED:
        return None
    kind, key = leaf.type, words_key(rtype, leaf)

    def emit(value: Any, out: Out) -> None:
        for text in words(kind, value) if not leaf.target or _may_be(value, leaf.target) else ():
            folded = cut(fold(text[:FOLDED]))
            if folded:
                out.string.add((key, folded))

    return emit


def _may_be(reference: Any, target: str) -> bool:
    """Whether a reference points to that type, as far as it tells."""
    text = reference.get("reference") if type(reference) is dict else None
    if type(text) is str:
        return f"/{target}/" in f"/{text}"
    return type(reference) is dict and reference.get("type", target) == target


def words(kind: str, value: Any) -> list[str]:
    """The words of a value that people read in place of its code."""
    if type(value) is not dict:
        return []
    if kind == "CodeableConcept":
        codings = value.get("coding")
        found = [one.get("display") for one in codings if type(one) is dict] if type(codings) is list else []
        found.append(value.get("text"))
    elif kind == "Identifier":
        named = value.get("type")
        found = [named.get("text")] if type(named) is dict else []
    else:
        found = [value.get("display")]
    return [text for text in found if type(text) is str]


def _uri(leaf: Leaf, rtype: str, code: str) -> Emit | None:
    key, versioned = range_key(rtype, code), leaf.type == "canonical"

    def emit(value: Any, out: Out) -> None:
        if type(value) is str:
            out.uri.add((key, cut(value)))
            if versioned and "|" in value:
                out.uri.add((key, cut(value.split("|", 1)[0])))

    return emit


def _near(leaf: Leaf, rtype: str, code: str) -> Emit | None:
    keys = [(name, range_key(rtype, f"{code}.{name}")) for name in ("latitude", "longitude")]

    def emit(value: Any, out: Out) -> None:
        for name, key in keys if type(value) is dict else ():
            number = value.get(name)
            if is_number(number):
                out.number.add((key, float(number), float(number), 0))

    return emit


_MAKERS: Final[dict[str, Callable[[Leaf, str, str], Emit | None]]] = {
    "token": _token,
    "reference": _reference,
    "date": _date,
    "number": _number,
    "quantity": _quantity,
    "string": _string,
    "uri": _uri,
    "special": _near,
}
