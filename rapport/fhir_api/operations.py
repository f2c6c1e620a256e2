"""Operations on a resource: `$validate`, `$meta` and `$why`."""

from __future__ import annotations

from typing import Any, get_args

import orjson

from rapport.fhir.outcomes import CODES, Issue, Refused, not_found
from rapport.fhir.validation import check
from rapport.gate import packages, preview
from rapport.gate.permissions import Action
from rapport.gate.writing import parsed
from rapport.people import actors

from . import parameters
from .http import Answer
from .visit import Visit

Json = dict[str, Any]

_WELL = Issue("Nothing is wrong with it.", "", "informational", "information")
_MODES = ("create", "update", "delete")


def meta(visit: Visit) -> Answer:
    """GET [type]/[id]/$meta, and of one version"""
    path = visit.request.path
    vid = visit.vid() if "_history" in path else None
    record = visit.door.read(visit.rtype(), visit.rid(), vid)
    return Answer(200, parameters.given(return_Meta=record.json.get("meta", {})))


def why(visit: Visit) -> Answer:
    """GET [type]/[id]/$why: may this be done (`action`, a letter of "crud"), and why; in a sentence.

    About who asks, or about `actor` (a `Practitioner/…`): for the patient, leads and privacy officers.
    """
    query = dict(visit.request.query)
    action: Action | None = next((one for one in get_args(Action) if one == query.get("action", "r")), None)
    person = query.get("actor", "")
    if action is None:
        raise Refused("invalid", "This is no action.", "Use a letter of crud.")
    door, rtype, rid = visit.door, visit.rtype(), visit.rid()
    if not person:
        found = door.why(action, rtype, rid)
    else:
        other = actors.somebody(door.conn, person)
        if other is None:
            raise not_found()
        found = preview.would(door, other, action, rtype, rid)
    said = [
        {"name": "allowed", "valueBoolean": found.allowed},
        {"name": "reason", "valueString": found.reason},
        *([{"name": "rule", "valueString": found.rule}] if found.rule else []),
    ]
    return Answer(200, orjson.dumps({"resourceType": "Parameters", "parameter": said}))


def validate(visit: Visit) -> Answer:
    """POST [type]/$validate and [type]/[id]/$validate

    With a mode, what would be done is done, judged and guarded as ever, and undone.
    """
    rtype = visit.rtype()
    rid = visit.rid() if len(visit.request.path) > 2 else ""
    resource, mode, profiles = _asked(visit)
    if mode not in ("", *_MODES):
        raise Refused("invalid", f"There is no mode {mode[:80]!r} here.", "Use " + ", ".join(_MODES) + ".")
    if mode != "delete" and resource is None:
        if not rid:
            raise Refused("invalid", "There is nothing to validate.", "Send a resource.")
        resource = visit.door.read(rtype, rid).body
    issues: tuple[Issue, ...] = ()
    if resource is not None:
        severity = "error" if visit.strictly().strict else "warning"
        issues = _judged(orjson.loads(resource), rtype, profiles, severity)
    if mode and not any(issue.severity in ("error", "fatal") for issue in issues):
        issues += _tried(visit, mode, rtype, rid, resource)
    outcome = [issue.json() for issue in issues or (_WELL,)]
    return Answer(200, orjson.dumps({"resourceType": "OperationOutcome", "issue": outcome}))


def _judged(resource: Json, rtype: str, profiles: list[str], severity: str) -> tuple[Issue, ...]:
    """By R4; when it is valid, by the profiles that it claims and by those that are asked for.

    `severity`: of an extension that nothing here defines.
    """
    issues = check(resource, rtype)
    if any(issue.severity in ("error", "fatal") for issue in issues):
        return issues
    issues += packages.faults(resource)
    for claim in dict.fromkeys(profiles):
        issues += tuple(issue for issue in packages.held_against(resource, claim) if issue not in issues)
    return (*issues, *packages.unknown(resource), *packages.undefined(resource, severity))


def _asked(visit: Visit) -> tuple[bytes | None, str, list[str]]:
    """The resource, the mode and the profiles, in a Parameters resource or beside it in the query."""
    query = visit.request.query
    mode = dict(query).get("mode", "")
    profiles = [value for name, value in query if name == "profile" and value]
    body = parameters.body_of(visit.request) if visit.request.method == "POST" else {}
    if not body:
        return None, mode, profiles
    if body["resourceType"] != "Parameters" or visit.rtype() == "Parameters":
        return visit.request.body, mode, profiles
    resource = None
    for each in parameters.listed(body):
        if each["name"] == "resource":
            resource = orjson.dumps(each.get("resource"))
        elif each["name"] == "mode":
            mode = str(each.get("valueCode", ""))
        elif each["name"] == "profile":
            profiles.append(str(each.get("valueUri") or each.get("valueCanonical") or ""))
    return resource, mode, profiles


def _tried(visit: Visit, mode: str, rtype: str, rid: str, resource: bytes | None) -> tuple[Issue, ...]:
    """What the door says to the write itself."""
    door = visit.door
    try:
        with door.trial(f"{rtype}/{rid}/$validate {mode}".replace("//", "/")):
            if mode == "delete":
                if not rid:
                    raise Refused("invalid", "It is not said what to delete.", "Name its id.")
                door.delete(rtype, rid)
            elif resource is not None:
                raw, body = parsed(resource)
                if mode == "create":
                    door.create(raw)
                elif body.get("id") != (rid or body.get("id")):
                    raise Refused("invalid", "The id of the resource is not that of the address.")
                else:
                    door.put(raw, body)
    except Refused as refused:
        words = " ".join(filter(None, (refused.text, refused.next)))
        return refused.issues or (Issue(words, "", CODES[refused.code][1]),)
    return ()
