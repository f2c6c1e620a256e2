"""Every way of asking, made from what the product itself says that it offers.

`fhir()` walks the resource types, their search parameters and the tables of the router of `/fhir`; `pages()`
walks the addresses of Django. What is added to any of these is asked from then on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

import orjson

from rapport.fhir.definitions import TYPE_NUMBERS, SearchParam, search_params
from rapport.fhir.search import MODIFIERS, SORTABLE
from rapport.fhir_api import routes
from tests.architecture.test_routes import routes as addresses
from tests.leaks.asking import Asked
from tests.leaks.marks import AMINA, MARKED, Shelf, Whose, chance, letters

FORM = "application/x-www-form-urlencoded"
TYPES = sorted(TYPE_NUMBERS)
#: Parameters that every type has.
_SHARED = frozenset.intersection(*(frozenset(search_params(rtype)) for rtype in TYPES))


def some(every: Iterable[Asked], count: int, *seed: object, least: int = 10) -> list[Asked]:
    """About so many of them, of each way a few at least; by chance that is the same at each run."""
    by_way: dict[str, list[Asked]] = defaultdict(list)
    for asked in every:
        by_way[asked.way].append(asked)
    share = count / sum(map(len, by_way.values()))
    rng = chance(*seed)
    return [
        asked
        for all_of_it in by_way.values()
        for asked in rng.sample(all_of_it, min(max(least, round(share * len(all_of_it))), len(all_of_it)))
    ]


def fhir(whose: Whose) -> Iterator[Asked]:
    """Every way to ask `/fhir` for what is somebody's."""
    yield from of_everything(whose)
    for rtype in TYPES:
        yield from of_type(whose, rtype)
        for letter in letters(rtype) if rtype in MARKED else "":
            rid = whose.ref.partition("/")[2] if rtype == "Patient" else whose.rid(rtype, letter)
            yield from of_one(rtype, rid)


# ---------------------------------------------------------------- one resource


def of_one(rtype: str, rid: str) -> Iterator[Asked]:
    """One resource by its id."""
    one = f"{rtype}/{rid}"
    yield Asked("read", "GET", one)
    yield Asked("read by HEAD", "HEAD", one)
    yield Asked("_pretty", "GET", f"{one}?_pretty=true")
    yield Asked("_elements", "GET", f"{one}?_elements=identifier,subject,text,code,name,status,data")
    for summary in ("true", "text", "data"):
        yield Asked("_summary", "GET", f"{one}?_summary={summary}")
    yield Asked("read if changed", "GET", one, headers=(("If-None-Match", 'W/"7"'),))
    yield Asked("history", "GET", f"{one}/_history")
    yield Asked("history", "GET", f"{one}/_history?_since=2000&_count=1")
    for vid in (1, 2):
        yield Asked("vread", "GET", f"{one}/_history/{vid}")
    yield Asked("operation on a version", "GET", f"{one}/_history/1/$meta")
    for name, methods in _operations(routes.OF_ONE, rtype):
        for method in methods:
            yield Asked(f"{name} of one", method, f"{one}/{name}", _parameters(method))
    yield Asked("search by id", "GET", f"{rtype}?_id={rid}")
    yield Asked("search by id", "POST", f"{rtype}/_search", f"_id={rid}".encode(), FORM)
    yield Asked("search by id", "GET", f"{rtype}?_id={rid}&_total=accurate&_sort=_lastUpdated")
    yield Asked("_revinclude", "GET", f"{rtype}?_id={rid}&_revinclude=Provenance:target")
    yield Asked("_include", "GET", f"Provenance?target={one}&_include=Provenance:target")
    yield Asked("_include", "GET", f"List?item={one}&_include=List:item")
    for kind in ("batch", "transaction"):
        yield _bundle(kind, [f"{one}", f"{one}/_history/1", f"{rtype}?_id={rid}"])
    yield from _refused(rtype, rid)


def _refused(rtype: str, rid: str) -> Iterator[Asked]:
    """What changes nothing, because it is wrong: the answer may still tell something."""
    one, stale = f"{rtype}/{rid}", (("If-Match", 'W/"99"'),)
    body = orjson.dumps({"resourceType": rtype, "id": rid})
    yield Asked("stale update", "PUT", one, body, headers=stale)
    yield Asked("stale update", "PUT", f"{rtype}?_id={rid}", body, headers=stale)
    yield Asked("stale delete", "DELETE", one, headers=stale)
    yield Asked("stale delete", "DELETE", f"{rtype}?_id={rid}", headers=stale)
    step = orjson.dumps([{"op": "test", "path": "/language", "value": "xx"}])
    yield Asked("patch", "PATCH", one, step, "application/json-patch+json")
    yield Asked("patch", "PATCH", f"{rtype}?_id={rid}", step, "application/json-patch+json")
    yield Asked("conditional create", "POST", rtype, body, headers=(("If-None-Exist", f"_id={rid}"),))
    yield Asked("$validate what is there", "POST", f"{one}/$validate?mode=delete", body)


def _operations(table: Mapping[Any, Any], rtype: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for (of, name), methods in table.items():
        if of in ("*", rtype):
            yield name, methods


def _parameters(method: str) -> bytes:
    return b"" if method == "GET" else orjson.dumps({"resourceType": "Parameters", "parameter": []})


def _bundle(kind: str, urls: list[str]) -> Asked:
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    return Asked(kind, "POST", "", orjson.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}))


# ---------------------------------------------------------------- a type


def of_type(whose: Whose, rtype: str) -> Iterator[Asked]:
    """All of a type: lists, counts, orders, histories, and each search parameter in each of its uses."""
    yield Asked("search", "GET", f"{rtype}?_count=500")
    yield Asked("search", "POST", f"{rtype}/_search", b"_count=500", FORM)
    yield Asked("pages", "GET", f"{rtype}?_count=1&_total=accurate")
    yield Asked("pages", "GET", f"{rtype}?_count=1&_total=estimate")
    for summary in ("true", "text", "data", "count"):
        yield Asked("_summary", "GET", f"{rtype}?_summary={summary}")
    yield Asked("_elements", "GET", f"{rtype}?_elements=id,identifier,subject,code,text,status,name")
    yield Asked("history of type", "GET", f"{rtype}/_history?_count=500")
    for word in (whose.word, whose.text(Shelf(rtype, "o"))):
        yield Asked("_content", "GET", f"{rtype}?_content={word}")
        yield Asked("_text", "GET", f"{rtype}?_text={word}")
    for name, methods in _operations(routes.OF_TYPE, rtype):
        for method in methods:
            of = f"?patient={whose.ref}" if name == "$docref" else ""
            yield Asked(f"{name} of type", method, f"{rtype}/{name}{of}", _parameters(method))
    for within in (f"{whose.ref}/{rtype}", f"{whose.ref}/{rtype}?_total=accurate&_count=500"):
        yield Asked("compartment", "GET", within)
    yield Asked("compartment", "POST", f"{whose.ref}/{rtype}/_search", b"_count=500", FORM)
    yield Asked("system search", "GET", f"?_type={rtype}&_count=500")
    for param in search_params(rtype).values():
        yield from of_param(whose, param)


def of_param(whose: Whose, param: SearchParam) -> Iterator[Asked]:
    """One search parameter: by a value of theirs, by none, sorted by, and through it to other resources."""
    rtype, code = param.rtype, param.code
    for value in _values(whose, param):
        yield Asked("search by value", "GET", f"{rtype}?{code}={value}")
    for modifier in sorted(MODIFIERS.get(param.type, ())):
        value = "false" if modifier == "missing" else next(iter(_values(whose, param)))
        yield Asked(f":{modifier}", "GET", f"{rtype}?{code}:{modifier}={value}&_count=500")
    if param.type in SORTABLE:
        yield Asked("_sort", "GET", f"{rtype}?_sort=-{code}&_count=500")
    if param.type == "reference" and code not in _SHARED:
        yield Asked("_include", "GET", f"{rtype}?_include={rtype}:{code}&_count=500")
        yield Asked("_include again", "GET", f"{rtype}?_include:iterate={rtype}:{code}&_count=500")
        for target in _targets(param):
            rid = whose.ref.partition("/")[2] if target == "Patient" else whose.rid(target)
            yield Asked("_revinclude", "GET", f"{target}?_revinclude={rtype}:{code}&_count=500")
            yield Asked("chain", "GET", f"{rtype}?{code}:{target}._id={rid}")
            yield Asked("_has", "GET", f"{target}?_has:{rtype}:{code}:_id={whose.rid(rtype)}")
            yield Asked("_sort through", "GET", f"{rtype}?{code}:{target}._lastUpdated=gt2000&_count=500")


def _targets(param: SearchParam) -> list[str]:
    """Types that it may point to: the person, and of the others a few that differ by parameter."""
    others = sorted(set(param.targets) & set(MARKED) - {"Patient"})
    some = chance(param.rtype, param.code).sample(others, min(3, len(others)))
    return [*(["Patient"] if "Patient" in param.targets else []), *some]


def _values(whose: Whose, param: SearchParam) -> Iterator[str]:
    """Values by which the resources of somebody would be found."""
    shelf = Shelf(param.rtype, "o")
    text = whose.text(shelf)
    made: dict[str, Callable[[], list[str]]] = {
        "reference": lambda: [
            whose.ref,
            *(f"{name}/{whose.rid(name)}" for name in sorted(param.targets)[:1]),
        ],
        "date": lambda: [whose.date(shelf), "lt2000"],
        "number": lambda: [str(whose.number(shelf)), "gt1000000"],
        "quantity": lambda: [f"{whose.number(shelf)}.5", "gt1000000"],
        "uri": lambda: [f"urn:{text}"],
        "token": lambda: [text, f"urn:{text}|{text}", f"urn:{text}|"],
        "composite": lambda: [f"{text}${text}"],
    }
    yield from made.get(param.type, lambda: [text])()


# ---------------------------------------------------------------- everything


def of_everything(whose: Whose) -> Iterator[Asked]:
    """The whole system at once, and all of a patient."""
    every = ",".join(TYPES)
    one = whose.ref
    for path in ("_history?_count=500", "_history?_count=1", f"?_type={every}&_count=500"):
        yield Asked("whole system", "GET", path)
    yield Asked("whole system", "GET", f"?_type={every}&_summary=count")
    yield Asked("whole system", "POST", "_search", f"_type={every}&_count=500".encode(), FORM)
    for name, methods in routes.SYSTEM.items():
        for method in methods:
            waiting = (("Prefer", "respond-async"),)
            yield Asked(f"{name} of all", method, name, _parameters(method), headers=waiting)
    for path in (f"{one}/$everything", f"{one}/*", "Patient/$everything"):
        yield Asked(path.rpartition("/")[2], "GET", f"{path}?_count=1000")
        yield Asked(path.rpartition("/")[2], "GET", f"{path}?_summary=data")
    for kind in ("batch", "transaction"):
        yield _bundle(kind, [one, f"{one}/$everything", *(f"{rtype}?_count=50" for rtype in MARKED[:40])])
    yield Asked("an export of somebody", "GET", "_export/none")
    yield Asked("an export of somebody", "GET", "_export/none/Patient.ndjson")
    yield Asked("an export of somebody", "DELETE", "_export/none")
    yield Asked("what the server can", "GET", "metadata")
    yield Asked("no such place", "GET", f"{one}/none/none/none")


@cache
def handlers() -> frozenset[str]:
    """Every handler that the router of `/fhir` names, as `module.function`."""
    source = routes.__loader__.get_source(routes.__name__)  # type: ignore[union-attr]
    modules = (
        "bundles|compartments|exports|histories|imports|operations|resources|searches|system_searches|terms"
    )
    named = re.findall(rf"\b((?:{modules})\.[a-z_]+)\b", source or "")
    return frozenset(named)


# ---------------------------------------------------------------- pages

#: What may stand where an address has a part of its own.
_PLACES = {"str:key": ["none"], "str:secret": ["none"], "str:lang": ["es"]}
WHAT = ["contacts", "problems", "medicines", "allergies", "none"]


def _places(name: str, ids: list[str]) -> list[str]:
    if name.startswith("int:"):
        return ["1", "2", "1700000000"]
    return WHAT if name == "str:what" else _PLACES.get(name, ids)


def pages(ids: list[str]) -> Iterator[Asked]:
    """Every page of the product, with each of these ids where an id belongs; the way is the address.

    Each also as the page of the patient whose id comes first, `/for/…/`: see `rapport/people/standings.py`.
    """
    whose = ids[0]
    for path, _ in addresses():
        if "logout" in path or "end-all" in path:
            continue  # whoever asks these asks nothing more
        named = re.findall(r"<([^>]+)>", path) if "(?P" not in path else []
        choices = [_places(name, ids) for name in named]
        if choices.count(ids) > 1:  # the patient's first, then each: all pairs would be a hundred thousand
            choices[choices.index(ids)] = [whose]
        for values in product(*choices):
            filled = path.replace("^", "").replace("$", "")
            for value in values:
                filled = re.sub(r"<[^>]+>", value, filled, count=1)
            filled = re.sub(r"\(\?P<\w+>[^)]*\)", "x-x", filled)
            for method in ("GET", "POST"):
                yield Asked(path, method, f"/{filled}")
                yield Asked(f"for/{path}", method, f"/for/{whose}/{filled}")


def theirs(whose: Whose, talk: list[str]) -> list[str]:
    """The ids of somebody that may stand in an address of a page."""
    some = [whose.rid(rtype, letter) for rtype in ("Communication", "Task", "Binary") for letter in "on"]
    kin = ["kin-all", "kin-paused", "parent"] if whose == AMINA else []
    return [whose.ref.partition("/")[2], *talk, *some, *kin]
