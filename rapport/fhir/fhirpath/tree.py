"""Functions on the resource as a tree: children, extensions, references, types."""

from __future__ import annotations

from typing import Any, Final

from rapport.fhir.narrative import problem
from rapport.fhir.table import is_resource, part

from . import kinds, nodes
from .nodes import Items, Node, plain
from .registry import function, one, some, text
from .running import Scope
from .values import Moment, PathError

_BASE: Final = "http://hl7.org/fhir/StructureDefinition/"


@function("children", lazy=True)
def children(items: Items, scope: Scope) -> Items:
    """Everything directly inside."""
    found = [child for item in items if type(item) is Node for child in nodes.children(item)]
    scope.run.spend(len(found))
    return found


@function("descendants", lazy=True)
def descendants(items: Items, scope: Scope) -> Items:
    """Everything inside, at any depth."""
    found: Items = []
    for node in nodes.below(items):
        found.append(node)
        scope.run.spend(1)
    return found


@function("extension", 1)
def extension(items: Items, url: Items) -> Items:
    """Extensions with a URL."""
    wanted, found = text(url), []
    for item in items:
        if type(item) is Node:
            here: Items = []
            nodes.down(item, "extension", here)
            found += [one for one in here if type(one.value) is dict and one.value.get("url") == wanted]
    return found


@function("type")
def type_(items: Items) -> Items:
    """The type of each item."""
    return [kinds.type_of(item) for item in items]


@function("conformsTo", 1)
def conforms_to(items: Items, url: Items) -> Items:
    """Whether it is of a type of R4 itself; other profiles are checked elsewhere."""
    wanted = (text(url) or "").removeprefix(_BASE)
    if not part(wanted) or len(items) != 1 or type(items[0]) is not Node:
        raise PathError("asks for a profile that is not known")
    return [wanted in kinds.lines(items[0].kind)]


@function("htmlChecks")
def html_checks(items: Items) -> Items:
    """Whether a narrative may be kept and shown."""
    return [not problem(plain(item)) for item in items]


@function("resolve", lazy=True)
def resolve(items: Items, scope: Scope) -> Items:
    """What references point to, contained or in the same bundle; of others only type and id are known."""
    found = (_target(item, scope) for item in items)
    return [node for node in found if node is not None]


def _target(item: Any, scope: Scope) -> Node | None:
    value = plain(item)
    if type(item) is Node and type(item.value) is dict:
        value = item.value.get("reference")
    if type(value) is not str or type(item) is not Node:
        return None
    scope.run.spend(1)
    if value.startswith("#"):
        return _contained(item.resource(), value[1:])
    return _entry(item, value, scope) or _stub(value)


def _contained(node: Node, rid: str) -> Node | None:
    if node.key == "contained" and node.parent is not None:
        node = node.parent.resource()
    if not rid:
        return node
    found: Items = []
    nodes.down(node, "contained", found)
    return next((one for one in found if type(one.value) is dict and one.value.get("id") == rid), None)


def _entry(node: Node, url: str, scope: Scope) -> Node | None:
    """The entry of the bundle around a node whose full URL, or whose type and id, are asked for."""
    here: Node | None = node.resource()
    while here is not None and here.kind != "Bundle":
        here = here.parent
    if here is None:
        return None
    entries: Items = []
    nodes.down(here, "entry", entries)
    scope.run.spend(len(entries))
    for entry in entries:
        full = entry.value.get("fullUrl") if type(entry.value) is dict else None
        if type(full) is str and (full == url or full.endswith("/" + url)):
            found: Items = []
            nodes.down(entry, "resource", found)
            return found[0] if found else None
    return None


def _stub(url: str) -> Node | None:
    """A resource of which no more is known than its type and id."""
    words = url.split("/_history/")[0].split("/")
    if len(words) >= 2 and is_resource(words[-2]):
        return Node({"resourceType": words[-2], "id": words[-1]}, words[-2])
    return None


@function("getResourceKey")
def get_resource_key(items: Items) -> Items:
    """What tells a resource from all others: its type and id."""
    return [f"{item.kind}/{item.value['id']}" for item in items if type(item) is Node and "id" in item.value]


@function("getReferenceKey", 0, 1)
def get_reference_key(items: Items, kind: Items | None = None) -> Items:
    """The key of the resource that a reference points to."""
    reference = items[0].value.get("reference") if items and type(one(items)) is Node else None
    return some(reference.split("/_history/")[0] if type(reference) is str and ":" not in reference else None)


@function("now", lazy=True)
def now(items: Items, scope: Scope) -> Items:
    """This moment."""
    return [scope.run.now()]


@function("today", lazy=True)
def today(items: Items, scope: Scope) -> Items:
    """This day."""
    return [Moment("Date", scope.run.now().fields[:3])]


@function("timeOfDay", lazy=True)
def time_of_day(items: Items, scope: Scope) -> Items:
    """This time of day."""
    return [Moment("Time", scope.run.now().fields[3:])]
