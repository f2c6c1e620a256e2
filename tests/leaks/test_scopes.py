"""What a program may do is what its scopes say, for every type and every verb.

The table is worked out from SMART App Launch 2 (c create, r read, vread and history, u update and patch, d
delete, s search and the history of a type; version 1: read is rs, write is cud, * all). Then each is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations, permutations

import orjson
import pytest

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.outcomes import Refused
from rapport.gate.scopes import scopes_of
from rapport.people import tokens
from tests.fhir.making import least
from tests.leaks.asking import Asked, ask
from tests.leaks.marks import AMINA, MARKED, Shelf, resource
from tests.leaks.world import World

TYPES = sorted(TYPE_NUMBERS)
VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
STALE = (("If-Match", 'W/"99"'),)
#: How an answer tells that the scope let somebody in: it was done, or it failed for another reason.
LET_IN = {
    "c": lambda status: status == 201,
    "r": lambda status: status != 403,
    "u": lambda status: status == 200,
    "d": lambda status: status == 412,  # it names a version that is none
    "s": lambda status: status != 403,
}


@cache
def body(rtype: str) -> bytes:
    """A valid resource with an id of the type."""
    made = resource(AMINA, Shelf(rtype, "o")) if rtype in MARKED else least(rtype) | {"id": AMINA.rid(rtype)}
    return orjson.dumps({**made, "id": AMINA.rid(rtype)})


def tries(rtype: str) -> Iterator[tuple[str, Asked]]:
    """Requests of each verb."""
    one, patch = f"{rtype}/{AMINA.rid(rtype)}", b'[{"op":"test","path":"/resourceType","value":"%s"}]'
    yield "c", Asked("create", "POST", rtype, body(rtype))
    yield "r", Asked("read", "GET", one)
    yield "r", Asked("vread", "GET", f"{one}/_history/1")
    yield "r", Asked("history", "GET", f"{one}/_history")
    yield "u", Asked("patch", "PATCH", one, patch % rtype.encode(), "application/json-patch+json")
    yield "d", Asked("delete", "DELETE", one, headers=STALE)
    yield "s", Asked("search", "GET", f"{rtype}?_count=1")
    yield "s", Asked("search", "POST", f"{rtype}/_search", b"_count=1", "application/x-www-form-urlencoded")
    yield "s", Asked("history of type", "GET", f"{rtype}/_history?_count=1")


def token(scope: str) -> str:
    client, _ = tokens.add_client("Scoped", scope, "tests")
    return tokens.issue_to_client(client, scope)


def wrong(scope: str, letters: str, rtype: str, covered: bool) -> list[str]:
    """Where the server does otherwise than the scope says."""
    held, found = token(scope), []
    asking = list(tries(rtype))
    if "c" not in letters or not covered:  # who may create is told apart by what is there already
        asking.append(("u", Asked("update", "PUT", f"{rtype}/{AMINA.rid(rtype)}", body(rtype))))
    for letter, asked in asking:
        said = ask(asked, held)
        if LET_IN[letter](said.status) != (covered and letter in letters):
            found.append(f"{scope}: {asked.method} {asked.path} {said.status} {said.body[:200]!r}")
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_whole_table(world: World) -> None:
    """Every type, each verb alone, the words of version 1, "*", and of each a type that it is not about."""
    found: list[str] = []
    for rtype in TYPES:
        there = ask(Asked("", "PUT", f"{rtype}/{AMINA.rid(rtype)}", body(rtype)), world.tokens["program"])
        assert there.status in (200, 201), (rtype, there.body)
    for number, rtype in enumerate(TYPES):
        other = TYPES[(number + 7) % len(TYPES)]
        forms = {**{letter: letter for letter in "cruds"}, **VERSION_1}
        for written, letters in forms.items():
            found += wrong(f"system/{rtype}.{written}", letters, rtype, True)
        found += wrong(f"system/{rtype}.cruds", "cruds", other, False)
    for letter in "cruds":
        for rtype in TYPES[::3]:
            found += wrong(f"system/*.{letter}", letter, rtype, True)
    assert not found, found[:10]


def test_letters_in_order_and_no_others() -> None:
    """Each way to write some of the five letters: in their order it means them, in any other nothing."""
    for size in range(1, 6):
        for letters in permutations("cruds", size):
            written = "".join(letters)
            if letters in combinations("cruds", size):
                (scope,) = scopes_of(f"system/Task.{written}")
                assert scope.letters == written
            else:
                with pytest.raises(Refused):
                    scopes_of(f"system/Task.{written}")


@pytest.mark.parametrize("level", ["patient", "user", "launch", "SYSTEM", "system ", ""])
def test_levels_that_are_not_offered_are_refused(level: str) -> None:
    """A scope of a patient or a user means nothing here yet, so that it can't mean too much."""
    for rtype in (*TYPES, "*"):
        for verb in ("c", "r", "u", "d", "s", "rs", "cruds", "read", "write", "*"):
            with pytest.raises(Refused):
                scopes_of(f"{level}/{rtype}.{verb}")


def test_the_types_are_all_there() -> None:
    assert len(TYPES) == 146 and len(MARKED) > 90
