"""`ValueSet/$expand` and `ValueSet/$validate-code`, for the value sets whose codes are known here."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import orjson

from rapport.fhir import valuesets
from rapport.fhir.outcomes import Refused
from rapport.fhir.text import instant
from rapport.fhir.validation import check
from rapport.fhir.valuesets import Codes, Concept

from . import parameters
from .http import Answer
from .visit import Visit

Json = dict[str, Any]

LARGEST = 1000
_EXPAND = {"url", "valueSet", "filter", "offset", "count", "_format", "_pretty"}
_EXPAND |= {"valueSetVersion", "includeDesignations", "includeDefinition", "activeOnly", "displayLanguage"}
_VALIDATE = {"url", "valueSet", "valueSetVersion", "code", "system", "systemVersion", "display", "coding"}
_VALIDATE |= {"codeableConcept", "displayLanguage", "abstract", "_format", "_pretty"}


def expand(visit: Visit) -> Answer:
    """GET or POST ValueSet/$expand and ValueSet/[id]/$expand"""
    given = _given(visit, _EXPAND)
    found = _codes(visit, given)
    plain = {name: str(value) for name, value in given.items() if isinstance(value, str | int)}
    concepts = found.matching(plain.get("filter", ""))
    offset = parameters.number(plain, "offset", 0, 1 << 30)
    count = parameters.number(plain, "count", LARGEST, LARGEST)
    expansion: Json = {
        "identifier": uuid.uuid4().urn,
        "timestamp": instant(datetime.now(UTC).replace(microsecond=0)),
        "total": len(concepts),
        "offset": offset,
    }
    shown = [one.json for one in concepts[offset : offset + count]]
    if shown:
        expansion["contains"] = shown
    said: Json = {"resourceType": "ValueSet", "status": "active", "expansion": expansion}
    said |= {name: value for name, value in (("url", found.url), ("title", found.title)) if value}
    return Answer(200, orjson.dumps(said))


def validate_code(visit: Visit) -> Answer:
    """GET or POST ValueSet/$validate-code and ValueSet/[id]/$validate-code"""
    given = _given(visit, _VALIDATE)
    asked = _asked(given)
    found = _codes(visit, given)
    wrong = ""
    for system, code, display in asked:
        concept = found.of(code, system)
        wrong = _wrong(concept, code, system, display)
        if concept is not None and not wrong:
            more = {"display_string": concept.display} if concept.display else {}
            return Answer(200, parameters.given(result_boolean=True, **more))
    return Answer(200, parameters.given(result_boolean=False, message_string=wrong))


def _wrong(concept: Concept | None, code: str, system: str | None, display: str) -> str:
    if concept is None:
        return f"{f'{system}|' if system else ''}{code} is not in this value set."[:500]
    if display and concept.display and display.casefold() != concept.display.casefold():
        return f"The display of {code} is {concept.display!r}."
    return ""


def _given(visit: Visit, known: set[str]) -> Json:
    given = parameters.values(visit.request)
    unknown = sorted(set(given) - known)
    if unknown and visit.request.prefer("handling") != "lenient":
        raise Refused("invalid", f"There is no parameter {unknown[0][:80]} here.", "See metadata.")
    return given


def _codes(visit: Visit, given: Json) -> Codes:
    """The value set that is meant: the one in the path, one that is sent, or one by its address."""
    if len(visit.request.path) > 2:
        return _of(visit.door.read("ValueSet", visit.rid()).json)
    sent = given.get("valueSet")
    if sent is not None:
        issues = tuple(issue for issue in check(sent, "ValueSet") if issue.severity in ("error", "fatal"))
        if issues:
            raise Refused("invalid", "The value set is not a valid one.", "Mend what is named.", issues)
        return _of(sent)
    url = given.get("url")
    if not isinstance(url, str) or not url:
        raise Refused("invalid", "It is not said which value set is meant.", "Give its url.")
    found = valuesets.carried(url)
    if found is not None:
        return found
    stored = visit.door.search("ValueSet", [("url", url.partition("|")[0]), ("_count", "1")]).matches
    if not stored:
        raise Refused("not-found", f"The value set {url[:200]} is not known here.", "Store it as a ValueSet.")
    return _of(stored[0].json)


def _of(resource: Json) -> Codes:
    found = valuesets.carried(str(resource.get("url", ""))) or valuesets.listed(resource)
    if found is None:
        raise Refused(
            "rule",
            "This value set does not list its codes, and the code systems behind it are not here.",
            "Ask a terminology server.",
        )
    return found


def _asked(given: Json) -> list[tuple[str | None, str, str]]:
    """(system, code, display) of what shall be looked up; one of them has to be right."""
    concept, coding = given.get("codeableConcept"), given.get("coding")
    codings = concept.get("coding", []) if isinstance(concept, dict) else [coding] if coding else [given]
    found = []
    for one in codings:
        if not isinstance(one, dict) or not isinstance(one.get("code"), str):
            raise Refused("invalid", "There is no code to look for.", "Give code, coding or codeableConcept.")
        system = one.get("system")
        found.append((system if isinstance(system, str) else None, one["code"], str(one.get("display", ""))))
    if not found:
        raise Refused("invalid", "There is no code to look for.", "Give code, coding or codeableConcept.")
    return found
