"""JSON Patch: the suite of FHIR's own test cases, digits kept, and what must be refused."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.fhir import patch
from rapport.fhir.outcomes import Refused
from rapport.fhir.patch import LARGEST, apply
from tests.fhir.conftest import shared


def patched(doc: Any, *operations: dict[str, Any]) -> Any:
    return orjson.loads(apply(orjson.dumps(doc), orjson.dumps(operations)))


def test_the_suite() -> None:
    cases = orjson.loads(shared("conformance/fhir-patch-r4/json-patch-tests.json").read_bytes())
    assert len(cases) == 16
    for case in cases:
        if "error" in case:
            with pytest.raises(Refused):
                patched(case["doc"], *case["patch"])
        else:
            assert patched(case["doc"], *case["patch"]) == case["expected"], case["comment"]


def test_digits_are_kept() -> None:
    raw = b'{"a": {"value": 2.00, "big": 1e400}, "b": [1.10, {"c": 3.0}]}'
    patch = b'[{"op": "add", "path": "/b/0", "value": 7.50}, {"op": "remove", "path": "/b/2/c"}]'
    assert apply(raw, patch) == b'{"a":{"value": 2.00, "big": 1e400},"b":[7.50,1.10,{}]}'
    assert apply(b'{"a":2.00}', b'[{"op":"test","path":"/a","value":2}]') == b'{"a":2.00}'
    assert apply(b'{"a":2.00}', b'[{"op":"copy","from":"/a","path":"/b"}]') == b'{"a":2.00,"b":2.00}'


@pytest.mark.parametrize(
    "patch",
    [
        b"",
        b"{}",
        b"[3]",
        b"[" * 3000,
        b'[{"op":"add","path":"/a"}]',
        b'[{"op":"fly","path":"/a"}]',
        b'[{"op":"remove"}]',
        b'[{"op":"remove","path":"a"}]',
        b'[{"op":"remove","path":"/a~2"}]',
        b'[{"op":"remove","path":3}]',
        b'[{"op":"move","path":"/a"}]',
        b'[{"op":"add","op":"remove","path":"/a","value":1}]',
        orjson.dumps([{"op": "test", "path": "/a", "value": 1}] * 1001),
        orjson.dumps([{"op": "remove", "path": "/a" * 101}]),
    ],
)
def test_what_is_no_patch_is_invalid(patch: bytes) -> None:
    with pytest.raises(Refused) as refused:
        apply(b'{"a":1,"b":[1,2]}', patch)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": ""},
        {"op": "remove", "path": "/x"},
        {"op": "remove", "path": "/b/2"},
        {"op": "remove", "path": "/b/-"},
        {"op": "remove", "path": "/b/01"},
        {"op": "remove", "path": "/b/-1"},
        {"op": "add", "path": "/b/3", "value": 1},
        {"op": "add", "path": "/a/x", "value": 1},
        {"op": "replace", "path": "/x", "value": 1},
        {"op": "replace", "path": "/b/2", "value": 1},
        {"op": "move", "from": "/b", "path": "/b/0"},
        {"op": "copy", "from": "/x", "path": "/y"},
        {"op": "test", "path": "/a", "value": True},
        {"op": "test", "path": "/a", "value": "1"},
        {"op": "test", "path": "/b", "value": [1]},
        {"op": "test", "path": "/x", "value": None},
    ],
)
def test_what_does_not_fit_is_a_broken_rule(operation: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        patched({"a": 1, "b": [1, 2]}, operation)
    assert refused.value.status == 422


def test_huge_values() -> None:
    deep = b"[" * 1000 + b"]" * 1000
    with pytest.raises(Refused):
        apply(b'{"a":1}', b'[{"op":"test","path":"/a","value":' + deep + b"}]")
    with pytest.raises(Refused):
        apply(b'{"a":1}', b'[{"op":"test","path":"/a","value":' + b"9" * 6000 + b"}]")


def test_nothing_grows_without_bound() -> None:
    doubled = [{"op": "copy", "from": "", "path": f"/{n}"} for n in range(60)]
    with pytest.raises(Refused) as refused:
        patched({"a": "x" * 1000}, *doubled)
    assert refused.value.status == 413
    assert LARGEST < 2**25


def test_the_whole_document() -> None:
    assert patched({"a": 1}, {"op": "replace", "path": "", "value": {"b": 2}}) == {"b": 2}
    assert patched({"a": 1}, {"op": "move", "from": "/a", "path": "/a"}) == {"a": 1}


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(st.dictionaries(st.text(max_size=3), values, max_size=4), st.text(max_size=3), values)
def test_add_then_remove_is_nothing(doc: dict[str, Any], key: str, value: Any) -> None:
    path = "/" + key.replace("~", "~0").replace("/", "~1")
    added = patched(
        doc, {"op": "add", "path": path, "value": value}, {"op": "test", "path": path, "value": value}
    )
    assert added == {**doc, key: value}
    rest = {name: one for name, one in doc.items() if name != key}
    assert patched(added, {"op": "remove", "path": path}) == rest


@given(st.binary(max_size=60) | values.map(orjson.dumps), values)
def test_never_raises_anything_else(patch: bytes, doc: Any) -> None:
    try:
        apply(msgspec.json.encode(doc), patch)
    except Refused as refused:
        assert json.dumps(refused.outcome())


def test_the_work_of_a_patch_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patch, "MOST_COPIED", 1000)
    steps = [{"op": "test", "path": "/id", "value": "a"}]
    raw = b'{"id":"a","x":"%b"}' % (b"x" * 80)
    assert patch.apply(raw, json.dumps(steps * 10).encode()) == raw
    with pytest.raises(Refused, match="too large"):
        patch.apply(raw, json.dumps(steps * 11).encode())
