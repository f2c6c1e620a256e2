"""A thousand random valid resources: accepted, kept byte for byte, indexed, patched."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson
import pytest

from rapport.fhir import index, patch, patch_fhirpath, text
from rapport.fhir.fhirpath import Node, nodes
from rapport.fhir.table import RESOURCE_TYPES, part
from rapport.fhir.validation import check
from tests.fhir.generating import resource
from tests.fhir.making import least
from tests.fhir.test_invariants import by_function, by_path

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
#: Seven of each of the 146 types: 1,022.
EACH = 7


@pytest.fixture(scope="module")
def raws() -> list[bytes]:
    return [resource(rtype, seed) for seed in range(EACH) for rtype in RESOURCE_TYPES]


def elements(raw: bytes) -> set[tuple[str, str]]:
    """Parts and names of all elements of a resource."""
    found: set[tuple[str, str]] = set()
    for node in nodes.below([nodes.node_of(orjson.loads(raw))]):
        assert type(node) is Node and node.parent is not None
        found.add((node.parent.kind, node.key))
    return found


def test_they_are_valid_and_various(raws: list[bytes]) -> None:
    assert len(raws) == 1022 and len(set(raws)) == 1022
    assert [(raw[:60], check(orjson.loads(raw))) for raw in raws if check(orjson.loads(raw))] == []
    assert sum(map(len, raws)) / len(raws) > 1000
    assert [raw for raw in raws if orjson.loads(raw) == least(orjson.loads(raw)["resourceType"])] == []
    seen: set[tuple[str, str]] = set().union(*map(elements, raws))
    elements_of = ((name, one) for name in RESOURCE_TYPES for one in part(name).values())
    keys = {(name, one.key(kind)) for name, one in elements_of for kind in one.kinds}
    assert len(seen & keys) / len(keys) > 0.8
    for word in (b"2.50", b"1e-3", b"\\u00eb", b"3.141592653589793238462643", b'"_', b'"contained"'):
        assert any(word in raw for raw in raws)


def test_they_come_back_byte_for_byte(raws: list[bytes]) -> None:
    """Stored, everything but id and meta stands as it was written, in its order; stored again, all of it."""
    for raw in raws:
        stored = text.splice(raw, "an-id", 3, AT)
        before, after = text.members(raw), text.members(stored)
        for found in (before, after):
            found.pop("id", None)
            found.pop("meta", None)
        assert [(key, bytes(value)) for key, value in before.items()] == [
            (key, bytes(value)) for key, value in after.items()
        ]
        rest = b",".join(b'"%s":%s' % (key.encode(), bytes(value)) for key, value in list(before.items())[1:])
        assert stored.endswith(rest + b"}")
        assert text.splice(stored, "an-id", 3, AT) == stored
        assert check(orjson.loads(stored)) == ()


def test_what_is_stored_validates_indexes_and_patches(raws: list[bytes]) -> None:
    nothing = orjson.dumps({"resourceType": "Parameters", "parameter": []})
    for raw in raws:
        index.rows(orjson.loads(text.splice(raw, "an-id", 1, AT)))
        assert patch_fhirpath.apply(raw, nothing) == raw
        rtype = bytes(text.members(raw)["resourceType"])
        assert patch.apply(raw, b'[{"op":"test","path":"/resourceType","value":%s}]' % rtype) == raw


def test_functions_and_expressions_agree_about_them(raws: list[bytes]) -> None:
    for raw in raws[::2]:
        top = nodes.node_of(orjson.loads(raw))
        for node in [top, *nodes.below([top])]:
            if type(node.value) is dict:
                assert by_function(node) == by_path(node) == set(), (node.kind, node.value)


def test_a_resource_without_any_one_member_is_judged(raws: list[bytes]) -> None:
    """Leaving something out gives a valid resource or a fault with its place, never anything else."""
    chance = Random(0)
    for raw in raws[::3]:
        whole: dict[str, Any] = orjson.loads(raw)
        places = [node.place() for node in nodes.below([nodes.node_of(whole)])]
        for place in chance.sample(places, min(len(places), 5)):
            whole = orjson.loads(raw)
            here: Any = whole
            for key in place[:-1]:
                here = here.get(key, here.get(f"_{key}")) if isinstance(key, str) else here[key]
            if isinstance(here, dict | list) and (not isinstance(here, dict) or place[-1] in here):
                del here[place[-1]]
            assert all(issue.path.startswith(whole["resourceType"]) for issue in check(whole))
