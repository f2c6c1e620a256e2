"""FHIR XML to FHIR JSON, for test suites that come as XML. Decimals keep their digits (as Decimal)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from rapport.fhir.table import PRIMITIVES, part

Json = dict[str, Any]
FHIR, XHTML = "{http://hl7.org/fhir}", "{http://www.w3.org/1999/xhtml}"
_KINDS = {"boolean": lambda text: text == "true", "decimal": Decimal}
_WHOLE = {"integer", "unsignedInt", "positiveInt"}


def resource(element: ElementTree.Element) -> Json:
    """A resource from its element."""
    kind = element.tag.removeprefix(FHIR)
    return {"resourceType": kind, **_members(element, kind)}


def _members(element: ElementTree.Element, kind: str) -> Json:
    found: Json = {name: text for name, text in element.attrib.items() if name in ("id", "url")}
    keys = {one.key(way): (way.name, one.max != 1) for one in part(kind).values() for way in one.kinds}
    if kind in PRIMITIVES:
        keys = {"extension": ("Extension", True)}
    for child in element:
        name = child.tag.removeprefix(FHIR).removeprefix(XHTML)
        way, many = keys[name]
        _put(found, name, way, many, child)
    return found


def _put(found: Json, name: str, kind: str, many: bool, child: ElementTree.Element) -> None:
    value, half = _value(child, kind)
    if not many:
        found.update({name: value} if value is not None else {})
        found.update({"_" + name: half} if half else {})
        return
    values = found.setdefault(name, [])
    values.append(value)
    if half or "_" + name in found:
        halves = found.setdefault("_" + name, [])
        halves += [None] * (len(values) - 1 - len(halves)) + [half or None]


def _value(element: ElementTree.Element, kind: str) -> tuple[Any, Json]:
    if kind == "Resource":
        return resource(element[0]), {}
    if kind == "xhtml":
        return _div(element), {}
    if kind not in PRIMITIVES:
        return _members(element, kind), {}
    text = element.get("value")
    half = _members(element, kind)
    if text is None:
        return None, half
    return int(text) if kind in _WHOLE else _KINDS.get(kind, str)(text), half


def _div(element: ElementTree.Element) -> str:
    ElementTree.register_namespace("", XHTML[1:-1])
    text = ElementTree.tostring(element, encoding="unicode").strip()
    return re.sub(r' xmlns:\w+="[^"]*"', "", text)
