"""Requests made by chance, over every route of `/fhir`: what a client may send, well formed or not.

    case = made(seed)       the same request for the same seed

Most are nearly right, because what is far off is refused at the first look: real types, real search
parameters with odd values, valid resources with a few things bent, patches whose paths often exist.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

import orjson

from rapport.fhir.definitions import TYPE_NUMBERS, search_params
from rapport.fhir.search import MODIFIERS
from tests.fhir import generating

Json = dict[str, Any]

TYPES = sorted(TYPE_NUMBERS)
#: Types that other things hang on come up more often.
USUAL = [
    "Patient",
    "Observation",
    "Communication",
    "Task",
    "CareTeam",
    "Consent",
    "Binary",
    "ValueSet",
    "Group",
]
PEOPLE = [*["program"] * 14, "amina", "bilal", "chen", "dara", "eve", "root", ""]
ODD: list[Any] = [
    None, "", " ", "\x00", "a\x00b", "\ud800", "é", "٣", "\u202e", "a" * 3000, "%", "%00", "%ff", "../..",
    "'", '"',
    "\\", "$", "|", ",", "&", "#", "?", "*", "<script>", "${x}", "{{7*7}}", "'; DROP TABLE resource; --",
    True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**40, 1.5, -0.0, 1e308, 1e-320, [], {}, [[]], [None],
    {"": None},
    "0000-00-00", "2024-02-30", "9999-12-31T23:59:60Z", "0001-01-01", "2024-01-01T00:00:00+99:99", "24:00:00",
    "Patient/amina", "Patient/", "#", "#x", "urn:uuid:0", "Patient?name=x", "http://[::1", "//x",
    "Patient/amina/_history/1",
]  # fmt: skip
#: JSON that no Python value stands for.
RAW = [
    b"1e400000", b"-1e999999999", b"0." + b"1" * 5000, b"9" * 5000, b"NaN", b"Infinity", b"01", b"+1", b".5",
    b'"\\ud800"', b'"\\u0000"', b'"\xff"', b'"\xed\xa0\x80"', b"tru", b'{"a":1,"a":2}', b"[" * 2000,
    b'{"extension":' * 500, b"/**/", b"'x'", b'"unended',
]  # fmt: skip
IDS = ["a1", "a1", "a2", "amina", "none"]
OPERATIONS = ["$validate", "$meta", "$everything", "$expand", "$validate-code", "$import", "$nothing", "$"]
MEDIA = [
    "application/fhir+json", "application/json", "application/json-patch+json", "text/plain",
    "application/fhir+xml",
    "application/x-www-form-urlencoded", "application/fhir+ndjson", "image/png", "", "x",
    "application/json; fhirVersion=3",
]  # fmt: skip


@dataclass
class Case:
    """One request."""

    method: str
    path: str
    body: bytes = b""
    media: str = "application/fhir+json"
    who: str = "program"
    headers: dict[str, str] = field(default_factory=dict)


def made(seed: int) -> Case:
    """The request of a seed."""
    rng = Random(seed)
    case = rng.choices(*zip(*_FAMILIES, strict=True))[0](rng)
    case.who = rng.choice(PEOPLE)
    if rng.random() < 0.15:
        case.headers |= {name: _header(rng, name) for name in rng.sample(list(_HEADERS), rng.randrange(1, 3))}
    if rng.random() < 0.05:
        case.media = rng.choice(MEDIA)
    if rng.random() < 0.05:
        case.method = rng.choice(
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", ""]
        )
    if case.body and rng.random() < 0.05:
        case.body = bent(rng, case.body)
    return case


# ---------------------------------------------------------------- families


def _type(rng: Random) -> str:
    return rng.choice(USUAL if rng.random() < 0.8 else TYPES) if rng.random() < 0.98 else str(odd(rng))


def _rid(rng: Random) -> str:
    return rng.choice(IDS) if rng.random() < 0.9 else str(odd(rng))


def reading(rng: Random) -> Case:
    rtype, rid = _type(rng), _rid(rng)
    where = rng.choice(
        [
            f"{rtype}/{rid}",
            f"{rtype}/{rid}/_history",
            f"{rtype}/{rid}/_history/{rng.choice(['1', '2', '0', '99999999999', 'x', '٣'])}",
            f"{rtype}/_history",
            "_history",
            f"Patient/{rid}/{rtype}",
            f"Patient/{rid}/*",
            "metadata",
            "",
            f"_export/{rid}",
            f"_export/{rid}/{rtype}.ndjson",
            "/".join(str(odd(rng)) for _ in range(rng.randrange(1, 7))),
        ]
    )
    forms = [("_summary", "true"), ("_elements", "id,name"), ("_pretty", "true"), ("_format", "json"),
             ("_count", "2"), ("_since", "2020"), ("_at", "2024-01-01"), ("_cursor", "x~1"), ("_type",
             rtype)]  # fmt: skip
    pairs = rng.sample(forms, rng.randrange(3)) if rng.random() < 0.5 else []
    pairs = [(name, value if rng.random() < 0.7 else str(odd(rng))) for name, value in pairs]
    return Case(rng.choice(["GET", "GET", "HEAD"]), _query(where, pairs))


def searching(rng: Random) -> Case:
    rtype = _type(rng)
    pairs = [_condition(rng, rtype) for _ in range(rng.randrange(1, 5))]
    if rng.random() < 0.3:
        form = _query("", pairs)[1:].encode()
        return Case("POST", f"{rtype}/_search", form, "application/x-www-form-urlencoded")
    return Case("GET", _query(rtype if rng.random() < 0.9 else f"Patient/{_rid(rng)}/{rtype}", pairs))


def storing(rng: Random) -> Case:
    rtype, rid = _type(rng), _rid(rng)
    body = resource(rng, rtype) | ({"id": rid} if rng.random() < 0.9 else {})
    raw = _spoilt(rng, body)
    if rng.random() < 0.5:
        return Case("PUT", f"{rtype}/{rid}", raw)
    if rng.random() < 0.3:
        return Case("PUT", _query(rtype, [_condition(rng, rtype)]), raw)
    return Case("POST", rtype, raw, headers={"if_none_exist": "identifier=x|y"} if rng.random() < 0.1 else {})


def deleting(rng: Random) -> Case:
    rtype = _type(rng)
    return Case(
        "DELETE", f"{rtype}/{_rid(rng)}" if rng.random() < 0.7 else _query(rtype, [_condition(rng, rtype)])
    )


def patching(rng: Random) -> Case:
    rtype = rng.choice(USUAL)
    where = f"{rtype}/{_rid(rng)}" if rng.random() < 0.8 else _query(rtype, [_condition(rng, rtype)])
    if rng.random() < 0.5:
        return Case("PATCH", where, _dumped(rng, json_patch(rng)), "application/json-patch+json")
    return Case("PATCH", where, _dumped(rng, fhirpath_patch(rng, rtype)))


def bundling(rng: Random) -> Case:
    entries = []
    for _ in range(rng.randrange(1, 6)):
        inner = rng.choice([storing, storing, deleting, patching, searching, reading])(rng)
        request: Json = {"method": inner.method, "url": inner.path}
        if rng.random() < 0.2:
            named = rng.choice(["ifMatch", "ifNoneMatch", "ifNoneExist", "ifModifiedSince"])
            request[named] = _header(rng, "if_match")
        entry: Json = {"request": request}
        if inner.method == "PATCH":
            entry["resource"] = _patch_resource(rng)
        elif inner.body:
            entry["resource"] = resource(rng, _type(rng))
        if rng.random() < 0.3:
            entry["fullUrl"] = rng.choice(["urn:uuid:1", "urn:uuid:2", "http://x.org/fhir/Patient/9", "", 5])
        entries.append(entry)
    body = {"resourceType": "Bundle", "type": rng.choice(["transaction", "batch", "batch"]), "entry": entries}
    return Case("POST", "", _spoilt(rng, body))


def operating(rng: Random) -> Case:
    rtype = rng.choice(["Patient", "ValueSet", "Observation", "Group", _type(rng)])
    name = rng.choice(OPERATIONS)
    where = rng.choice(
        [name, f"{rtype}/{name}", f"{rtype}/{_rid(rng)}/{name}", f"{rtype}/a1/_history/1/{name}"]
    )
    words = ["url", "code", "system", "display", "filter", "offset", "count", "mode", "profile", "resource",
             "valueSet", "coding", "codeableConcept", "start", "end", "_since", "_type", "_count",
             "_typeFilter"]  # fmt: skip
    pairs = [(word, _value(rng)) for word in rng.sample(words, rng.randrange(4))]
    if rng.random() < 0.4:
        return Case("GET", _query(where, pairs))
    if name == "$import":
        lines = b"\n".join(_spoilt(rng, resource(rng, _type(rng))) for _ in range(rng.randrange(4)))
        return Case("POST", where, lines, "application/fhir+ndjson")
    if rng.random() < 0.5:
        return Case("POST", where, _spoilt(rng, resource(rng, rtype)))
    kinds = ["valueString", "valueCode", "valueUri", "valueInteger", "valueCoding", "resource"]
    given = [{"name": word, rng.choice(kinds): rng.choice([value, odd(rng), resource(rng, rtype)])}
             for word, value in pairs]  # fmt: skip
    return Case("POST", where, _spoilt(rng, {"resourceType": "Parameters", "parameter": given}))


_FAMILIES: list[tuple[Callable[[Random], Case], float]] = [
    (reading, 2), (searching, 4), (storing, 4), (deleting, 1), (patching, 3), (bundling, 3), (operating, 3),
]  # fmt: skip


# ---------------------------------------------------------------- parts


def odd(rng: Random) -> Any:
    return rng.choice(ODD)


def resource(rng: Random, rtype: str) -> Json:
    """A valid resource, or nearly."""
    if rtype not in TYPE_NUMBERS:
        return {"resourceType": rtype}
    body: Json = orjson.loads(generating.resource(rtype, rng.randrange(200), rng.choice([0.1, 0.3, 0.8])))
    if rng.random() < 0.3:
        body["meta"] = {"tag": [{"system": "urn:t", "code": "a"}], "profile": ["http://x.org/p"]}
    for _ in range(rng.choice([0, 0, 0, 0, 1, 1, 2, 4])):
        spoil(rng, body)
    return body


def spoil(rng: Random, body: Json) -> None:
    """Bend one thing somewhere in a resource."""
    here: Any = body
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return
        key = rng.choice(keys)
        inner = here[key]
        if isinstance(inner, dict | list) and inner and rng.random() < 0.7:
            here = inner
            continue
        act = rng.randrange(5)
        if act == 0:
            here[key] = odd(rng)
        elif act == 1:
            del here[key]
        elif act == 2:
            here[key] = [inner, inner] if rng.random() < 0.5 else {"extension": [{"url": "x"}]}
        elif isinstance(here, dict):
            here[rng.choice(["id", "extension", "_" + str(key), "resourceType", "contained", "x", ""])] = odd(
                rng
            )
        return


def _spoilt(rng: Random, body: Json) -> bytes:
    raw = _dumped(rng, body)
    return bent(rng, raw) if rng.random() < 0.1 else raw


def _dumped(rng: Random, body: Any) -> bytes:
    """As JSON; what can't be written so is left out."""
    try:
        raw = orjson.dumps(body)
    except TypeError:
        raw = repr(body).encode("utf-8", "surrogatepass")
    if rng.random() < 0.08 and b'":' in raw:
        places = [place for place in range(len(raw) - 1) if raw[place : place + 2] == b'":']
        place = rng.choice(places) + 2
        raw = raw[:place] + rng.choice(RAW) + b"," + raw[place:]
    return raw


def bent(rng: Random, raw: bytes) -> bytes:
    """Some bytes changed, cut out or doubled."""
    found = bytearray(raw)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(found) + 1)
        found[place : place + rng.choice([0, 1, 1, 2, 50])] = rng.choice(
            [b"", rng.randbytes(1), b'"', b"}", b"\x00", rng.choice(RAW), bytes(found[place : place + 30])]
        )
    return bytes(found[:200_000])


def json_patch(rng: Random) -> Any:
    paths = ["/status", "/name/0/family", "/name/-", "/subject/reference", "/id", "/meta", "/meta/tag/0", "",
             "/", "/code/coding/0/code", "/extension/-", "/resourceType", "/a/b/c", "/name/9999999999",
             "x"]  # fmt: skip
    steps = []
    for _ in range(rng.randrange(1, 5)):
        step: Json = {"op": rng.choice(["add", "remove", "replace", "move", "copy", "test", "x"])}
        step["path"] = rng.choice(paths) if rng.random() < 0.9 else odd(rng)
        step |= {"value": odd(rng)} if rng.random() < 0.8 else {}
        step |= {"from": rng.choice(paths)} if rng.random() < 0.5 else {}
        steps.append(step)
    return steps if rng.random() < 0.95 else odd(rng)


def fhirpath_patch(rng: Random, rtype: str) -> Json:
    paths = [f"{rtype}.status", f"{rtype}.name[0].family", f"{rtype}.name.where(use='official')", rtype,
    "name",
             f"{rtype}.extension('x')", f"{rtype}.name.", f"{rtype}.id", f"{rtype}.repeat(name)",
             "'a'.matches('(a+)+$')",
             f"{rtype}.name.first().given[0]", f"{rtype}.code.coding", "(" * 300,
             f"{rtype}.name[99999999999]"]  # fmt: skip
    operations = []
    for _ in range(rng.randrange(1, 4)):
        parts: list[Json] = [
            {"name": "type", "valueCode": rng.choice(["add", "insert", "delete", "replace", "move"])},
            {"name": "path", "valueString": rng.choice(paths) if rng.random() < 0.9 else odd(rng)},
            {"name": "name", "valueString": rng.choice(["family", "birthDate", "name", "x", odd(rng)])},
            {"name": "value", rng.choice(["valueString", "valueCode", "valueHumanName", "x"]): odd(rng)},
            {"name": "index", "valueInteger": rng.choice([0, 1, -1, 10**10, "x"])},
        ]
        operations.append({"name": "operation", "part": rng.sample(parts, rng.randrange(1, 6))})
    return {"resourceType": "Parameters", "parameter": operations}


def _patch_resource(rng: Random) -> Any:
    if rng.random() < 0.4:
        return fhirpath_patch(rng, rng.choice(USUAL))
    data: Any = base64.b64encode(_dumped(rng, json_patch(rng))).decode()
    media = "application/json-patch+json" if rng.random() < 0.9 else odd(rng)
    return {"resourceType": "Binary", "contentType": media, "data": data if rng.random() < 0.9 else odd(rng)}


def _condition(rng: Random, rtype: str) -> tuple[str, str]:
    """A search parameter with a value; often a real one."""
    known = search_params(rtype) if rtype in TYPE_NUMBERS else {}
    special = ["_sort", "_count", "_include", "_revinclude", "_has:Observation:patient:code", "_total",
    "_summary",
               "_elements", "_filter", "_cursor", "_contained", "_text", "_list", "_type", "_query",
               "_lastUpdated"]  # fmt: skip
    if not known or rng.random() < 0.25:
        name = rng.choice(special)
        values = {
            "_sort": ["-_lastUpdated", "_id,-x", "date"],
            "_include": [f"{rtype}:subject", "*", f"{rtype}:x:Patient"],
        }
        return name, rng.choice(values.get(name, [_value(rng)]))
    param = known[rng.choice(sorted(known))]
    name = param.code
    if rng.random() < 0.3:
        name += ":" + rng.choice([*sorted(MODIFIERS[param.type]), "Patient", "of-type", "nothing", ""])
    if param.type == "reference" and rng.random() < 0.3:
        name += rng.choice([".name", ":Patient.birthdate", ".identifier", ".subject.name", ".x", "." * 20])
    return name, ",".join(_value(rng) for _ in range(rng.choice([1, 1, 1, 2, 5])))


def _value(rng: Random) -> str:
    if rng.random() < 0.2:
        return str(odd(rng))
    prefix = rng.choice(["", "", "", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap", "xx"])
    return prefix + rng.choice(
        [
            "2024", "2024-02-29", "2024-02-29T10:00:00Z", "5", "5.40", "1e3",
            "5|http://unitsofmeasure.org|mg", "5||g",
            "male", "urn:x|1", "|1", "urn:x|", "Patient/amina", "amina", "http://x.org/a", "true",
            "1e400000", "-" * 50,
            "a$b", "\\,", "\\", "a\\$b$c", "http://hl7.org/fhir/ValueSet/administrative-gender", "Ünal", "%",
        ]
    )  # fmt: skip


_HEADERS = {
    "if_match": ['W/"1"', '"1"', "*", "x", 'W/"99999999999"'],
    "if_none_match": ["*", 'W/"1"', 'W/"1", W/"2"', '"'],
    "if_none_exist": ["identifier=a|b", "?name=x", "&", "name:x=y", "_id=%00"],
    "if_modified_since": ["Sun, 06 Nov 1994 08:49:37 GMT", "x", "Sun, 99 Nov 99999 08:49:37 GMT"],
    "prefer": ["return=minimal", "return=OperationOutcome", "handling=lenient", "handling=strict",
    "respond-async",
               "handling=x", ",;,=", "return"],
    "accept": ["application/fhir+json", "*/*", "application/fhir+xml", "x", ",", ";"],
    "content_encoding": ["gzip", "identity", "br"],
    "x_security_context": ["Patient/amina", "x", ""],
    "host": ["x", "[::1]:99999", "a b", ""],
    "x_forwarded_proto": ["https", "x"],
    "transfer_encoding": ["chunked"],
}  # fmt: skip


def _header(rng: Random, name: str) -> str:
    value = rng.choice(_HEADERS[name]) if rng.random() < 0.8 else str(odd(rng))
    return value.encode("latin-1", "replace").decode("latin-1")  # as WSGI has it


def _query(path: str, pairs: list[tuple[str, str]]) -> str:
    def packed(text: str) -> str:
        return quote(text.encode("utf-8", "replace"), safe=":/|,$.-_~%")

    return (
        path + "?" + "&".join(f"{packed(name)}={packed(value)}" for name, value in pairs) if pairs else path
    )
