"""The matrix sees it: each rule that keeps something closed is taken away in turn; somebody sees too much.

A break is one change of text in the source of one function. Where the text is not there any more, the rule
has changed its form: say here how it is broken now. `tools/mutants.py` breaks everything else.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from types import CodeType
from typing import Any

import orjson
import psycopg
import pytest
from django.conf import settings

from rapport.fhir.keys import reference_key
from rapport.fhir.labels import CATEGORY
from rapport.gate import audit, granting, grants, policy
from rapport.gate.consent import authority, regions
from rapport.gate.scopes import Scope
from rapport.people import asking, statements
from rapport.people.models import Client
from rapport.store import compartments, compiling, including, planning
from rapport.store import reading as stored
from rapport.store.records import Write
from rapport.store.writing import write
from tests.conftest import Server
from tests.gate.consent.making import consent, deny
from tests.leaks import ways, who
from tests.leaks.marks import AMINA, LABELS, MARKED, NAME, Shelf, resource
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
        planning.plan,
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
    if isinstance(break_, frozenset):  # in no order that is the same for all workers
        return "shelves"
    return break_.__qualname__ if hasattr(break_, "__qualname__") else str(break_)[:40]


def leaks(world: World, name: str, allowed: frozenset[Shelf] | None = None) -> int:
    """How many of some questions tell somebody more than what lies on the shelves that they may see."""
    every = list(ways.fhir(AMINA))
    questions = ways.some(every, 700, "each rule", name, least=3)
    questions += [one for one in every if one.path.startswith("Patient?_revinclude=")]
    allowed = who.MAY[name] if allowed is None else allowed
    return len(list(leaks_of_fhir(world, name, questions, allowed)))


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
    assert not leaks(belted, name, who.MAY[name] | NOBODYS)


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
    questions = crossing("each rule", 300)
    before = [said.body for _, said in answers(world.tokens["eve"], questions)]
    take_out("eve", who.NOTHING)
    assert before != [said.body for _, said in answers(world.tokens["eve"], questions)]


# ---------------------------------------------------------------- rules of what is rare


def held() -> None:
    """A result of Amina's that somebody shall tell her first."""
    key = reference_key(f"Observation/{AMINA.rid('Observation')}")
    with psycopg.connect(settings.DATABASE_URL) as conn:
        conn.execute(
            "INSERT INTO access_hold (patient, resource, ends, source) VALUES (%s, %s, 'infinity', 0)",
            (reference_key(AMINA.ref), key),
        )


def closed_to_a_program() -> None:
    """A Consent of hers that names a program."""
    [program] = [client for client in Client.objects.all() if client.name == "reader"]
    body = consent(deny(f"Device/{program.pk}"))
    asking.at_work("tests").create({**body, "id": "says-reader"}, rid="says-reader")


def said_by_a_carer() -> None:
    """How somebody of her family is, in words that bear her mark: nobody's record, and theirs alone."""
    made = resource(AMINA, Shelf("QuestionnaireResponse", "o"))
    own = {role: {"reference": "RelatedPerson/kin-some"} for role in ("subject", "author")}
    body = {key: made[key] for key in ("resourceType", "status", "identifier", "item") if key in made}
    asking.at_work("tests").create({**body, **own, "questionnaire": "urn:x", "id": "carer"}, rid="carer")


def help_of_daily_life() -> None:
    """A ride, which who reads messages does not see by that."""
    body: dict[str, Any] = {
        "resourceType": "Task", "id": "ride", "status": "requested", "intent": "plan",
        "meta": {"security": [{"system": CATEGORY, "code": "practical-help"}]},
        "for": {"reference": AMINA.ref}, "description": AMINA.text(Shelf("Task", "s")),
    }  # fmt: skip
    with psycopg.connect(settings.DATABASE_URL) as conn:
        write(conn, [Write(orjson.dumps(body), body, body["id"])])


OBSERVATION = frozenset({Shelf("Observation", "o")})
#: what there is first, the rule that is broken and how, who sees too much then, the shelves that are theirs
RARE: list[tuple[Callable[[], None], Any, str, str, str, frozenset[Shelf]]] = [
    (
        held, granting.not_held, 'ask.actor.kind not in ("patient", "kin")', "True", "kin-all",
        who.MAY["kin-all"] - OBSERVATION,
    ),
    (closed_to_a_program, policy.client, "{not_closed('{t}', ask)}", "TRUE", "reader", NOBODYS | {NAME}),
    (
        said_by_a_carer, policy.carers, "AND o.target = ANY(%(gate_keys)s::bigint[])", "", "kin-none",
        who.MAY["kin-none"],
    ),
    (
        help_of_daily_life, granting._category, "ask.rtype not in MARKED_TYPES", "True", "kin-some",
        who.MAY["kin-some"],
    ),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("first", "function", "old", "new", "name", "allowed"), RARE, ids=named)
def test_a_rule_of_what_is_rare_less_is_noticed(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    first: Callable[[], None],
    function: Any,
    old: str,
    new: str,
    name: str,
    allowed: frozenset[Shelf],
) -> None:
    first()
    assert not leaks(world, name, allowed)
    breaking(monkeypatch, function, old, new)
    assert leaks(world, name, allowed)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_as_they_are_nothing_is_noticed(world: World) -> None:
    """With every rule in its place the same few questions tell nobody anything."""
    for name in sorted({name for *_, name in (*BREAKS, *COMPILED)}):
        assert not leaks(world, name)
