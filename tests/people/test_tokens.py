"""Bearer tokens: of people with exactly their rights, of clients with their scopes; ended at once."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.gate.scopes import Scope, scopes_of
from rapport.people import accounts, asking, leavers, tokens
from rapport.people.models import Event, Token, User
from tests import personas

from .conftest import Accounts


def holder(token: str) -> Any:
    return tokens.actor_of_bearer(asking.conn(), token)


def test_a_person_s_token_is_that_person(people: Accounts) -> None:
    token = tokens.issue_for(people.dara, 1, by="tests")
    actor = holder(token)
    assert (actor.kind, actor.ref, actor.role, actor.teams) == (
        "staff",
        personas.DARA,
        "nurse",
        (personas.TEAM,),
    )
    assert actor.scopes is None
    assert token not in str(list(Token.objects.values()))
    assert Event.objects.get(kind="token-issued").person == personas.DARA


def test_what_is_no_token_is_nobody(people: Accounts) -> None:
    assert holder("") is None
    assert holder("rpt_nonsense") is None
    assert holder(tokens.digest("x")) is None


def test_a_token_ends_by_time_revocation_and_closed_account(people: Accounts) -> None:
    over = tokens.issue_for(people.amina, 1, by="tests")
    Token.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert holder(over) is None
    ended = tokens.issue_for(people.amina, 1, by="tests")
    accounts.end_everything(people.amina)
    assert holder(ended) is None
    closed = tokens.issue_for(people.amina, 1, by="tests")
    User.objects.filter(pk=people.amina.pk).update(is_active=False)
    assert holder(closed) is None
    people.amina.is_active = False
    with pytest.raises(Refused, match="closed"):
        tokens.issue_for(people.amina, 1, by="tests")


def test_a_changed_position_changes_the_holder_at_once(people: Accounts) -> None:
    token = tokens.issue_for(people.dara, 1, by="tests")
    assert holder(token).teams == (personas.TEAM,)
    door = asking.at_work("tests")
    role = door.read("PractitionerRole", "dara").json
    role["period"] = {"end": "2020-01-01"}
    door.update(role)
    assert holder(token).teams == ()


def test_a_token_of_eve_opens_nothing_of_amina(people: Accounts) -> None:
    actor = holder(tokens.issue_for(people.eve, 1, by="tests"))
    with pytest.raises(Refused) as refused:
        Door(asking.conn(), actor).read("Patient", "amina")
    assert refused.value.code == "not-found"


def test_a_token_lives_a_month_at_most(people: Accounts) -> None:
    for hours in (0, -1, 24 * 31):
        with pytest.raises(Refused):
            tokens.issue_for(people.amina, hours, by="tests")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("system/*.cruds", (Scope("*", "cruds"),)),
        ("system/Patient.rs system/Task.c", (Scope("Patient", "rs"), Scope("Task", "c"))),
        ("system/Patient.read", (Scope("Patient", "rs"),)),
        ("system/Patient.write", (Scope("Patient", "cud"),)),
        ("system/Patient.*", (Scope("Patient", "cruds"),)),
        ("system/Task.rs?status=requested", (Scope("Task", "rs", "status=requested"),)),
    ],
)
def test_scopes_are_read(text: str, expected: tuple[Scope, ...]) -> None:
    assert scopes_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openid",
        "patient/*.rs",
        "system/Nonsense.rs",
        "system/*.sr",
        "system/*.",
        "system/*.cruds?_tag=x",
        "system/Task.read?status=requested",
        "system/Task.rs?",
        "system/Task.rs?x=1",
        "system/Task.rs?status:not=requested",
        "system/Task.rs?status:missing=true",
        "system/Task.rs?patient.name=a",
        "system/Task.rs?_has:Task:part-of:status=x",
        "system/Task.rs?status=requested&_include=Task:focus",
        "system/Task.rs?_count=5",
        "system/Observation.rs?code-value-quantity=a$1",
    ],
)
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        scopes_of(text)


@pytest.fixture
def program(people: Accounts) -> tuple[str, str]:
    client, secret = tokens.add_client("Night loader", "system/Patient.rs system/Task.cruds", "tests")
    return client.pk, secret


def ask(client_id: str, secret: str, *, basic: bool = False, **form: str) -> Any:
    form = {"grant_type": "client_credentials", **form}
    if basic:
        header = "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()
        return Browser(enforce_csrf_checks=True).post("/oauth/token", form, headers={"authorization": header})
    return Browser(enforce_csrf_checks=True).post(
        "/oauth/token", {**form, "client_id": client_id, "client_secret": secret}
    )


@pytest.mark.parametrize("basic", [True, False])
def test_a_program_gets_a_token_for_its_secret(program: tuple[str, str], basic: bool) -> None:
    answer = ask(*program, basic=basic)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["token_type"], said["expires_in"]) == ("bearer", 3600)
    assert "no-store" in answer["Cache-Control"]
    actor = holder(said["access_token"])
    assert (actor.kind, actor.scopes) == ("client", (Scope("Patient", "rs"), Scope("Task", "cruds")))
    assert not answer.cookies


def test_a_program_may_ask_for_less_but_not_for_more(program: tuple[str, str]) -> None:
    less = ask(*program, scope="system/Task.rs").json()
    assert holder(less["access_token"]).scopes == (Scope("Task", "rs"),)
    limited = ask(*program, scope="system/Task.rs?status=requested").json()
    assert holder(limited["access_token"]).scopes == (Scope("Task", "rs", "status=requested"),)
    for scope in ("system/Patient.cruds", "system/*.rs", "system/Observation.rs", "nonsense"):
        more = ask(*program, scope=scope)
        assert (more.status_code, more.json()["error"]) == (400, "invalid_scope"), scope


def test_wrong_secrets_are_refused_alike_and_slowed_down(program: tuple[str, str]) -> None:
    wrong, unknown = ask(program[0], "wrong"), ask("nobody", "wrong")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong["WWW-Authenticate"]
    for _guess in range(30):
        ask(program[0], "wrong")
    assert ask(*program).status_code == 429


def test_letters_that_no_name_has_are_refused_like_any_other(program: tuple[str, str]) -> None:
    assert ask("no\x00body", "wrong\x00").status_code == 401


def test_only_client_credentials_by_post(program: tuple[str, str]) -> None:
    assert ask(*program, grant_type="password").json()["error"] == "unsupported_grant_type"
    assert Browser().get("/oauth/token").status_code == 405


def test_a_removed_client_is_out_at_once(program: tuple[str, str]) -> None:
    token = ask(*program).json()["access_token"]
    assert tokens.remove_client(program[0], "tests")
    assert holder(token) is None
    assert ask(*program).status_code == 401


def test_the_commands(people: Accounts, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("client", "add", "Bench", "--scope", "system/*.cruds")
    made = json.loads(capsys.readouterr().out)
    assert set(made) == {"client_id", "client_secret", "token_url"}
    assert ask(made["client_id"], made["client_secret"]).status_code == 200
    call_command("token", "dara@example.org", "--hours", "2")
    assert holder(capsys.readouterr().out.strip()).ref == personas.DARA
    call_command("token", "Patient/amina", "--json")
    assert holder(json.loads(capsys.readouterr().out)["access_token"]).ref == personas.AMINA
    call_command("client", "list", "--json")
    assert json.loads(capsys.readouterr().out)[0]["scope"] == "system/*.cruds"
    with pytest.raises(CommandError) as refused:
        call_command("token", "nobody@example.org")
    assert refused.value.returncode == 1
    with pytest.raises(CommandError):
        call_command("client", "add", "Bench", "--scope", "everything")


def test_old_tokens_are_forgotten(people: Accounts) -> None:
    tokens.issue_for(people.amina, 1, by="tests")
    Token.objects.update(expires_at=timezone.now() - timedelta(days=31))
    assert tokens.sweep() == 1


def test_someone_who_leaves_has_no_token(people: Accounts) -> None:
    token = tokens.issue_for(people.dara, 1, by="tests")
    leavers.leave(asking.at_work("tests"), people.dara)
    assert holder(token) is None
