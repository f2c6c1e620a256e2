"""Which handler answers which address and method. `metadata` tells of what stands here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rapport.fhir.outcomes import Refused

from . import (
    applying,
    bundles,
    compartments,
    documents,
    exports,
    histories,
    imports,
    operations,
    resources,
    searches,
    system_searches,
    terms,
)
from .http import Answer, RefusedWith, Request
from .visit import Visit

Handler = Callable[[Visit], Answer]
Methods = Mapping[str, Handler]

_ROOT: Methods = {"POST": bundles.process, "GET": system_searches.whole_system}
_TYPE: Methods = {
    "GET": searches.by_get,
    "POST": resources.create,
    "PUT": resources.update_where,
    "PATCH": resources.patch_where,
    "DELETE": resources.delete_where,
}
_ONE: Methods = {
    "GET": resources.read,
    "PUT": resources.update,
    "PATCH": resources.patch,
    "DELETE": resources.delete,
}


def _both(handler: Handler) -> Methods:
    return {"GET": handler, "POST": handler}


#: Operations of the whole system, by name; of a type and of one resource, by type ("*": any) and name.
SYSTEM: Mapping[str, Methods] = {
    "$export": _both(exports.of_system),
    "$import": {"POST": imports.take},
}
OF_TYPE: Mapping[tuple[str, str], Methods] = {
    ("*", "$validate"): {"POST": operations.validate},
    ("DocumentReference", "$docref"): _both(documents.docref),
    ("PlanDefinition", "$apply"): {"POST": applying.apply},
    ("Patient", "$everything"): _both(compartments.of_mine),
    ("Patient", "$export"): _both(exports.of_patients),
    ("ValueSet", "$expand"): _both(terms.expand),
    ("ValueSet", "$validate-code"): _both(terms.validate_code),
}
OF_ONE: Mapping[tuple[str, str], Methods] = {
    ("*", "$validate"): _both(operations.validate),
    ("*", "$meta"): {"GET": operations.meta},
    ("*", "$why"): {"GET": operations.why},
    ("Patient", "$everything"): _both(compartments.everything),
    ("PlanDefinition", "$apply"): _both(applying.apply),
    ("Group", "$export"): _both(exports.of_group),
    ("ValueSet", "$expand"): _both(terms.expand),
    ("ValueSet", "$validate-code"): _both(terms.validate_code),
}


def _operation(path: tuple[str, ...]) -> Methods:
    match path:
        case (name,):
            return SYSTEM.get(name, {})
        case (rtype, name):
            return OF_TYPE.get((rtype, name)) or OF_TYPE.get(("*", name), {})
        case (rtype, _, name):
            return OF_ONE.get((rtype, name)) or OF_ONE.get(("*", name), {})
        case (_, _, "_history", _, "$meta"):
            return OF_ONE["*", "$meta"]
    return {}


def methods(path: tuple[str, ...]) -> Methods:
    """What each method does at a path; empty for a path that is none."""
    if path and path[-1].startswith("$"):
        return _operation(path)
    match path:
        case ():
            return _ROOT
        case ("_history",):
            return {"GET": histories.of_all}
        case ("_search",):
            return {"POST": system_searches.whole_system}
        case (exports.PLACE, _):
            return {"GET": exports.status, "DELETE": exports.cancel}
        case (exports.PLACE, _, _):
            return {"GET": exports.file}
        case (_, "_history"):
            return {"GET": histories.of_type}
        case (_, "_search"):
            return {"POST": searches.by_post}
        case (_,):
            return _TYPE
        case (_, _):
            return _ONE
        case (_, _, "_history"):
            return {"GET": histories.of_one}
        case (_, _, "_history", _):
            return {"GET": resources.vread}
        case ("Patient", _, "*"):
            return {"GET": compartments.whole}
        case ("Patient", _, _):
            return {"GET": searches.by_get}
        case ("Patient", _, _, "_search"):
            return {"POST": searches.by_post}
    return {}


def route(request: Request) -> Handler:
    """The handler of a request; HEAD goes as GET."""
    table = methods(request.path)
    if not table or any(segment.startswith("$") for segment in request.path[:-1]):
        raise Refused("not-found", "There is nothing at this address.", "See metadata.")
    handler = table.get("GET" if request.method == "HEAD" else request.method)
    if handler is None:
        known = ", ".join(sorted({*table, "HEAD"} if "GET" in table else table))
        raise RefusedWith(
            "not-allowed", f"{request.method[:40]} means nothing here.", f"Use {known}.", Allow=known
        )
    return handler
