"""What an operation is given: in the query, or in a Parameters resource; and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from rapport.fhir import moments
from rapport.fhir.outcomes import Refused
from rapport.fhir.text import loads

from .http import Request

Json = dict[str, Any]

FORM = "application/x-www-form-urlencoded"


def body_of(request: Request) -> Json:
    """The resource that was sent, {} for none. Refused("invalid") for what is no resource."""
    request.check_content()
    if not request.body.strip():
        return {}
    try:
        found = loads(request.body)
    except (orjson.JSONDecodeError, RecursionError) as broken:
        raise Refused("invalid", "This is not JSON that can be read.", "Send one FHIR resource.") from broken
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise Refused("invalid", "This is no FHIR resource.", "Give its resourceType.")
    return found


def listed(resource: Json) -> list[Json]:
    """The entries of a Parameters resource."""
    entries = resource.get("parameter", [])
    if resource.get("resourceType") != "Parameters" or not isinstance(entries, list):
        raise Refused("invalid", "The parameters can't be read.", "Send a Parameters resource.")
    if not all(isinstance(each, dict) and isinstance(each.get("name"), str) for each in entries):
        raise Refused("invalid", "A parameter has no name.", "Name every parameter.")
    return entries


def simple(request: Request) -> list[tuple[str, str]]:
    """Plain parameters, of the query, of a form or of a Parameters resource."""
    pairs = list(request.query)
    if request.method != "POST":
        return pairs
    if request.media == FORM:
        return pairs + request.form()
    body = body_of(request)
    for each in listed(body) if body else ():
        values = [value for key, value in each.items() if key.startswith("value")]
        if len(values) != 1 or not isinstance(values[0], str | int | bool):
            raise Refused("invalid", f"The parameter {each['name'][:80]} has no plain value.", "Mend it.")
        value = values[0]
        pairs.append((each["name"], str(value).lower() if isinstance(value, bool) else str(value)))
    return pairs


def values(request: Request) -> Json:
    """Every parameter with its value, of any type; of several with one name the last."""
    found: Json = dict(request.query)
    if request.method != "POST":
        return found
    if request.media == FORM:
        return found | dict(request.form())
    body = body_of(request)
    for each in listed(body) if body else ():
        held = [value for key, value in each.items() if key.startswith("value") or key == "resource"]
        if len(held) != 1:
            raise Refused("invalid", f"The parameter {each['name'][:80]} has not one value.", "Mend it.")
        found[each["name"]] = held[0]
    return found


def number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A count among simple parameters, at most `most`."""
    written = query.get(name)
    if written is None:
        return default
    if not (written.isdecimal() and written.isascii() and len(written) < 10):
        raise Refused("invalid", f"{name}={written[:80]} can't be read.", "Give a whole number.")
    return min(int(written), most)


def span(query: Mapping[str, str], name: str) -> moments.Span | None:
    """The time that a date or instant among simple parameters covers, None where it is absent."""
    if name not in query:
        return None
    found = moments.span(query[name].replace(" ", "+"))  # a form decodes the plus sign of a zone to a blank
    if found is None:
        raise Refused("invalid", f"{name}={query[name][:80]} can't be read.", "Give a date or an instant.")
    return found


def given(**values: Any) -> bytes:
    """A Parameters resource; each value by the FHIR type in its name: `result_boolean=True`."""
    entries = []
    for name, value in values.items():
        word, _, kind = name.rpartition("_")
        entries.append({"name": word, f"value{kind[0].upper()}{kind[1:]}": value})
    return orjson.dumps({"resourceType": "Parameters", "parameter": entries})
