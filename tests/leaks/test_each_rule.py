"""The matrix sees it: each rule that keeps something closed is taken away in turn; somebody sees too much.

A break is one change of text in the source of one function. Where the text is not there any more, the rule
has changed its form: say here how it is broken now. `tools/mutants.py` breaks everything else.
"""

from __future__ import annotations

import inspect
import textwrap
from types import CodeType
from typing import Any

import psycopg
import pytest
from django.conf import settings

from rapport.gate import audit, granting, grants, policy
from rapport.gate.consent import authority, regions
from rapport.gate.scopes import Scope
from rapport.people import statements
from rapport.store import compartments, compiling, including, searching
from rapport.store import reading as stored
from tests.conftest import Server
from tests.leaks import ways, who
from tests.leaks.marks import AMINA, LABELS, MARKED, Shelf
from tests.leaks.test_matrix import leaks_of_fhir
from tests.leaks.test_same import answers, crossing, take_out
from tests.leaks.world import World

#: function, what stands in it, what shall stand there instead, who sees too much then
BREAKS: list[tuple[Any, str, str, str]] = [
    (
        granting._given,
        "{g}.actor = ANY(%(gate_keys)s::bigint[])",
        "%(gate_keys)s::bigint[] IS NOT NULL",
        "eve",
    ),
    (granting._given, "{g}.categories & {_category(row, ask, sens)} <> 0", "TRUE", "kin-some"),
    (granting._holds, "{sens} & ~({g}.labels & ({clearance(ask.actor)})::bigint) = 0", "TRUE", "kin-all"),
    (granting._given, "{g}.valid_until > now()", "TRUE", "kin-ended"),
    (granting._about, "{g}.scope = {row}.id OR", "TRUE OR", "kin-none"),
    (granting.by_grant, "{not_denied(row, ask, sens)}", "TRUE", "kin-denied"),
    (granting.by_grant, "g.patient = {row}.patient", "TRUE", "eve"),
    (policy._cleared, "= 0", "IS NOT NULL", "narrow"),
    (policy.client, "if any(not scope.query for scope in scopes):", "if scopes:", "laboratory"),
    (policy._in_scope, "if scope.covers(ask.rtype, ask.action)", "if True", "narrow"),
    (Scope.covers, "and letter in self.letters", "", "writer"),
    (policy.registrars, '"lead" not in ask.actor.duties', "False", "other_team"),
    (policy.registrars, 'ask.rtype not in ("Patient", "CareTeam")', "False", "lead"),
    (policy.sharing_keepers, 'ask.rtype != "Consent"', "False", "privacy"),
    (policy.sharing_keepers, 'not ask.actor.duties & {"lead", "privacy"}', "False", "operator"),
    (policy.directory, "or ask.rtype not in DIRECTORY", "", "eve"),
    (policy.files, "AND {open_}", "", "eve"),
    (policy.system, 'if ask.actor.kind == "system" else None', "", "eve"),
    (statements.bearer, "AND t.revoked_at IS NULL", "", "revoked"),
    (
        searching._plan,
        "first + tests, passing, keys",
        "first + tests, type(passing)('TRUE'), keys",
        "eve",
    ),
    (audit.reading_and_noting.__wrapped__, "AND {where.format(t='r')}", "", "eve"),
    (stored._halves, "AND {where.on('r')}", "", "kin-all"),
    (stored._versions_sql, "AND {where.on('v')}", "", "kin-all"),
    (including._targets, "AND ({passing})", "", "kin-some"),
    (including._sources, "AND {p.filter(filter_, 'x')}", "", "kin-all"),
    (compartments.members, 'f"({passing})"', '"TRUE"', "kin-all"),
]
#: Of these, what the second belt holds; what belongs to nobody it leaves to the rules.
HELD = [one for one in BREAKS if one[3] in ("eve", "other_team") and one[0] is not policy.directory]
NOBODYS = frozenset(Shelf(rtype, letter) for rtype in {*MARKED} - {*who.THEIRS} for letter in LABELS)
#: The same of what is compiled when a Consent is written.
COMPILED: list[tuple[Any, str, str, str]] = [
    (authority._by_age, "yield box.within(ALWAYS, lower)", "yield box", "parent"),
    (regions._walk, 'elif kind == "deny":', "elif False:", "kin-denied"),
    (regions._walk, "clears=said.clears", "clears=-1", "kin-all"),
]
#: The same of the function in the database that asks for denials.
DENYING = [
    ("d.actor = 0 OR d.actor = ANY(keys)", "d.actor = 0"),
    ("d.categories & category <> 0 OR d.types && kinds", "d.types && kinds"),
    ("d.valid_from <= moment", "d.valid_from > moment"),
    ("AND NOT EXISTS (", "AND EXISTS ("),
    ("d.actions & action <> 0", "d.actions & action = 0"),
]
#: The same of what leads through other resources: nothing is shown, but that it is there could be told.
LEADING: list[tuple[Any, str, str]] = [
    (
        compiling.Compiler._fitting,
        "AND {self.test(compiled, y)} AND {allowed}",
        "AND {self.test(compiled, y)}",
    ),
    (compiling.Compiler._fitting, "WHERE {compiled.on(y)} AND {allowed}", "WHERE {compiled.on(y)}"),
    (compiling.Compiler._pointing, "AND {allowed} ", ""),
]


def breaking(monkeypatch: pytest.MonkeyPatch, function: Any, old: str, new: str) -> None:
    """Change the text of a function in this process, for whoever calls it."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1, f"{function.__qualname__} has no such rule: {old}"
    whole = compile(f"from __future__ import annotations\n{source.replace(old, new)}", "broken", "exec")
    code = next(each for each in whole.co_consts if isinstance(each, CodeType))
    monkeypatch.setattr(function, "__code__", code)
    forget()


def forget() -> None:
    """What was worked out by the rules as they were."""
    policy._said.cache_clear()
    policy._hidden.cache_clear()
    audit.reading_and_noting.cache_clear()


@pytest.fixture(autouse=True)
def whole_again(monkeypatch: pytest.MonkeyPatch) -> Any:
    yield
    monkeypatch.undo()
    forget()


def named(break_: Any) -> str:
    return break_.__qualname__ if hasattr(break_, "__qualname__") else str(break_)


def leaks(world: World, name: str, beside: frozenset[Shelf] = who.NOTHING) -> int:
    """How many of some questions tell somebody too much; what lies `beside` is not looked at."""
    every = list(ways.fhir(AMINA))
    asking = ways.some(every, 700, "each rule", name, least=3)
    asking += [one for one in every if one.path.startswith("Patient?_revinclude=")]
    return sum(1 for _ in leaks_of_fhir(world, name, asking, who.MAY[name] | beside))


@pytest.mark.slow
@pytest.mark.parametrize(("function", "old", "new", "name"), BREAKS, ids=named)
def test_a_rule_less_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch, function: Any, old: str, new: str, name: str
) -> None:
    breaking(monkeypatch, function, old, new)
    assert leaks(world, name)


@pytest.mark.long
@pytest.mark.parametrize(("function", "old", "new", "name"), HELD, ids=named)
def test_a_rule_less_is_held_by_the_belt(
    belted: World,
    postgres: Server,
    monkeypatch: pytest.MonkeyPatch,
    function: Any,
    old: str,
    new: str,
    name: str,
) -> None:
    """Who has nothing to do with the patient finds nothing, whichever rule is gone."""
    if postgres.given:
        pytest.skip("roles without a password are of the embedded server")
    breaking(monkeypatch, function, old, new)
    assert not leaks(belted, name, NOBODYS)


@pytest.mark.slow
@pytest.mark.parametrize(("function", "old", "new", "name"), COMPILED, ids=named)
def test_a_rule_of_consent_less_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch, function: Any, old: str, new: str, name: str
) -> None:
    breaking(monkeypatch, function, old, new)
    with psycopg.connect(settings.DATABASE_URL) as conn:
        grants.rebuild(conn)
    assert leaks(world, name)


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), DENYING)
def test_a_denial_less_is_noticed(world: World, old: str, new: str) -> None:
    with psycopg.connect(settings.DATABASE_URL) as conn:
        row = conn.execute("SELECT pg_get_functiondef('access_denied'::regproc)").fetchone()
        assert row and row[0].count(old) >= 1, f"no such rule in access_denied: {old}"
        conn.execute(row[0].replace(old, new, 1))
    assert leaks(world, "kin-denied")


@pytest.mark.slow
@pytest.mark.parametrize(("function", "old", "new"), LEADING, ids=named)
def test_what_leads_through_the_hidden_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch, function: Any, old: str, new: str
) -> None:
    breaking(monkeypatch, function, old, new)
    asking = crossing("each rule", 300)
    before = [said.body for _, said in answers(world.tokens["eve"], asking)]
    take_out("eve", who.NOTHING)
    assert before != [said.body for _, said in answers(world.tokens["eve"], asking)]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_as_they_are_nothing_is_noticed(world: World) -> None:
    """With every rule in its place the same few questions tell nobody anything."""
    for name in sorted({name for *_, name in (*BREAKS, *COMPILED)}):
        assert not leaks(world, name)
