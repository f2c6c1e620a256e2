"""People who work here: joining, leaving, being away, and who covers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people import absences, actors, asking, invitations, leavers
from rapport.people.accounts import NewStaff, add_staff, slug
from rapport.people.models import Absence, Event, User
from tests import personas

from .conftest import Accounts, signed_in, words_of

TODAY = date.today()


@pytest.fixture
def gone() -> Iterator[list[tuple[str, tuple[str, ...]]]]:
    found: list[tuple[str, tuple[str, ...]]] = []
    hooks = list(leavers._hooks)
    leavers._hooks[:] = [lambda door, person, held: found.append((person, tuple(at.ref for at in held)))]
    yield found
    leavers._hooks[:] = hooks


def test_a_leaver_is_out_everywhere_and_positions_end(people: Accounts, gone: list[Any]) -> None:
    dara, chen = signed_in(people, people.dara), signed_in(people, people.chen)
    absences.set_absence(personas.DARA, TODAY, TODAY, "", by="tests")
    answer = chen.post("/staff/dara/leave/", {"why": "A new job."})
    assert answer["Location"] == "/staff/"
    assert dara.get("/more/").status_code == 302
    role = asking.at_work("tests").read("PractitionerRole", "dara").json
    assert role["active"] is False and role["period"]["end"]
    assert actors.positions(asking.conn(), practitioner=personas.DARA) == []
    assert gone == [(personas.DARA, ("PractitionerRole/dara",))]
    assert not Absence.objects.exists()
    event = Event.objects.get(kind="left")
    assert (event.person, event.by, event.why) == (personas.DARA, personas.CHEN, "A new job.")
    assert "Dara" not in words_of(chen.get("/staff/")).replace("Dara Okafor is signed out", "")


def test_a_leaver_cannot_come_back_by_an_old_invitation(people: Accounts, gone: list[Any]) -> None:
    _row, code = invitations.invite_staff(people.dara, by="tests")
    leavers.leave(asking.at_work("tests"), people.dara)
    assert invitations.find(code) is None
    with pytest.raises(Refused, match="closed"):
        invitations.invite_staff(people.dara, by="tests")


def test_leaving_is_all_or_nothing(people: Accounts, gone: list[Any]) -> None:
    def breaks(*_what: Any) -> None:
        raise Refused("conflict", "The hook fails.")

    leavers._hooks.append(breaks)
    client = signed_in(people, people.dara)
    with pytest.raises(Refused, match="hook fails"):
        leavers.leave(asking.at_work("tests"), User.objects.get(pk=people.dara.pk))
    assert User.objects.get(pk=people.dara.pk).is_active
    assert client.get("/more/").status_code == 200


def test_nobody_lets_themselves_go(people: Accounts, gone: list[Any]) -> None:
    chen = signed_in(people, people.chen)
    assert chen.post("/staff/chen/leave/", {}).status_code == 422
    assert chen.get("/more/").status_code == 200


def test_a_lead_cannot_close_the_account_of_who_runs_the_site(people: Accounts, gone: list[Any]) -> None:
    chen = signed_in(people, people.chen)
    for ask in (chen.get, chen.post):
        answer = ask("/staff/root/leave/", {"why": "I lead now."})
        assert answer.status_code == 403 and "They run this site" in words_of(answer)
    assert "/staff/root/leave/" not in chen.get("/staff/").content.decode()
    assert User.objects.get(pk=people.root.pk).is_active and not gone


def test_the_last_who_leads_or_runs_the_site_stays(people: Accounts, gone: list[Any]) -> None:
    root = signed_in(people, people.root)
    answer = root.post("/staff/chen/leave/", {})
    assert answer.status_code == 422 and "the only one who leads" in words_of(answer)
    for user, said in ((people.chen, "only one who leads"), (people.root, "only one who runs this site")):
        with pytest.raises(CommandError, match=said):
            call_command("staff", "leave", user.email)
    for name, duty in (("Ann Lead", "lead"), ("Olu Runs", "operator")):
        add_staff(asking.at_work("tests"), NewStaff(f"{duty}@example.org", name, "GP", "", (duty,)))
    assert root.post("/staff/chen/leave/", {}).status_code == 302
    call_command("staff", "leave", people.root.email)
    assert {person for person, _held in gone} == {personas.CHEN, personas.ROOT}


def test_the_api_takes_no_duty_either(people: Accounts) -> None:
    """A lead may write positions: neither that of who runs the site, nor the last one that leads."""
    chen = Door(asking.conn(), personas.People().chen, unit=transaction.atomic)

    def ends(rid: str) -> None:
        body = chen.read("PractitionerRole", rid).json
        chen.update({**body, "active": False})

    with pytest.raises(Refused, match="They run this site"):
        ends("root")
    with pytest.raises(Refused, match="They run this site"):
        chen.delete("PractitionerRole", "root")
    with pytest.raises(Refused, match="only one who leads"):
        ends("chen")
    ends("dara")
    add_staff(asking.at_work("tests"), NewStaff("lead@example.org", "Ann Lead", "GP", "", ("lead",)))
    ends("chen")
    with pytest.raises(Refused):  # who gave the duty up has it no longer
        ends("ann-lead")


def test_a_colleague_who_is_not_there_is_not_there(people: Accounts) -> None:
    chen = signed_in(people, people.chen)
    for verb in ("leave", "reset", "invite"):
        assert chen.get(f"/staff/nobody/{verb}/").status_code == 404
    assert chen.get("/staff/amina/leave/").status_code == 404, "patients do not leave"


@pytest.mark.parametrize("verb", ["reset", "invite"])
def test_nobody_opens_the_account_of_a_duty_that_they_do_not_have(people: Accounts, verb: str) -> None:
    """A lead could sign in as the operator, or as who reads the log for patients."""
    chen = signed_in(people, people.chen)
    for ask in (chen.get, chen.post):
        answer = ask(f"/staff/root/{verb}/", {"why": "Saw him"})
        assert answer.status_code == 403 and "a duty that you do not have" in words_of(answer)
    assert not Event.objects.filter(kind__in=("factor-reset", "invited")).exists()
    assert chen.post(f"/staff/dara/{verb}/", {"why": "Saw her"}).status_code in (200, 302)
    page = chen.get("/staff/").content.decode()
    assert f"/staff/dara/{verb}/" in page or verb == "reset"
    assert f"/staff/root/{verb}/" not in page
    call_command("staff", "reset-factor", people.root.email, "--why", "Saw him")


def test_staff_are_added_with_a_position_and_a_team(
    people: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    words = 'add jo@example.org --name "Jo Weber" --role midwife --team practice --duty lead --json'
    call_command("staff", *shlex.split(words))
    said = json.loads(capsys.readouterr().out)
    assert said["position"] == "PractitionerRole/jo-weber-practice"
    assert invitations.find(said["code"])
    held = actors.position(asking.conn(), said["position"])
    assert held and (held.team, held.role, held.duties) == ("Organization/practice", "midwife", {"lead"})
    team = asking.at_work("tests").read("Organization", "practice").json
    assert team["name"] == "Practice team"
    call_command("staff", "list", "--json")
    assert {"jo@example.org", "dara@example.org"} <= {
        one["email"] for one in json.loads(capsys.readouterr().out)
    }
    with pytest.raises(CommandError) as refused:
        call_command("staff", "add", "JO@example.org", "--name", "Jo Weber")
    assert refused.value.returncode == 1


def test_someone_whom_the_record_knows_keeps_their_practitioner(
    people: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    asking.at_work("tests").create(
        {"resourceType": "Practitioner", "name": [{"family": "Weber"}]}, rid="ehr-7"
    )
    words = 'add jo@example.org --name "Jo Weber" --person Practitioner/ehr-7 --team practice --json'
    call_command("staff", *shlex.split(words))
    said = json.loads(capsys.readouterr().out)
    assert (said["person"], said["position"]) == ("Practitioner/ehr-7", "PractitionerRole/ehr-7-practice")
    for person in ("ehr-7", "no-such-one"):
        with pytest.raises(CommandError):
            call_command("staff", "add", "x@example.org", "--name", "X", "--person", person)
    assert not User.objects.filter(email="x@example.org").exists()


def test_two_of_one_name_get_ids_of_their_own(people: Accounts) -> None:
    door = asking.at_work("tests")
    first, _position = add_staff(door, NewStaff("a@example.org", "Éva Nagy", "nurse"))
    second, _position = add_staff(door, NewStaff("b@example.org", "Eva Nagy", "nurse"))
    assert (first.person, second.person) == ("Practitioner/eva-nagy", "Practitioner/eva-nagy-2")


def test_names_of_every_script_make_an_id() -> None:
    assert slug("Dr. Jürgen O’Neill-Sørensen") == "dr-jurgen-oneill-srensen"
    assert slug("أمينة") == "someone"


def test_the_leave_command(people: Accounts, gone: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("staff", "leave", "dara@example.org", "--why", "Moved away", "--json")
    assert json.loads(capsys.readouterr().out)["ended"] == ["PractitionerRole/dara"]
    call_command("staff", "reset-factor", "chen@example.org", "--why", "Rang her", "--json")
    assert Event.objects.get(kind="factor-reset").why == "Rang her"


# ---------------------------------------------------------------- away


def away(person: str, cover: str, *, first: int = 0, last: int = 0) -> None:
    absences.set_absence(
        person, TODAY + timedelta(days=first), TODAY + timedelta(days=last), cover, by="tests"
    )


def test_who_covers(people: Accounts) -> None:
    conn = asking.conn()
    assert not absences.absent(conn, personas.DARA)
    assert absences.covering(conn, personas.DARA) == personas.DARA
    away(personas.DARA, personas.CHEN)
    assert absences.absent(conn, personas.DARA)
    assert absences.covering(conn, personas.DARA) == personas.CHEN
    assert absences.cover_for(conn, personas.DARA) == personas.CHEN
    assert absences.cover_for(conn, "PractitionerRole/dara") == "PractitionerRole/chen"
    assert absences.cover_for(conn, personas.CHEN) is None
    assert absences.of_team(conn, personas.TEAM) == {personas.DARA: personas.CHEN}


def test_cover_of_a_cover_and_no_circles(people: Accounts) -> None:
    conn = asking.conn()
    away(personas.DARA, personas.CHEN)
    away(personas.CHEN, personas.EVE_STAFF)
    assert absences.covering(conn, personas.DARA) == personas.EVE_STAFF
    away(personas.EVE_STAFF, personas.DARA)
    assert absences.covering(conn, personas.DARA) == ""


def test_a_cover_who_left_covers_nobody(people: Accounts, gone: list[Any]) -> None:
    away(personas.DARA, personas.CHEN)
    add_staff(asking.at_work("tests"), NewStaff("lead@example.org", "Ann Lead", "GP", "", ("lead",)))
    leavers.leave(asking.at_work("tests"), people.chen)
    assert absences.covering(asking.conn(), personas.DARA) == ""


def test_first_and_last_day_count_by_the_site_s_calendar(people: Accounts) -> None:
    away(personas.DARA, personas.CHEN, first=2, last=3)
    conn, begins = asking.conn(), TODAY + timedelta(days=2)
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Europe/London")
    just_before = datetime(begins.year, begins.month, begins.day, tzinfo=zone) - timedelta(seconds=1)
    assert not absences.absent(conn, personas.DARA, just_before)
    assert absences.absent(conn, personas.DARA, just_before + timedelta(seconds=1))
    assert absences.absent(conn, personas.DARA, just_before + timedelta(days=2))
    assert not absences.absent(conn, personas.DARA, just_before + timedelta(days=2, seconds=1))


def test_the_page_of_my_absences(people: Accounts) -> None:
    client = signed_in(people, people.dara)
    days = {"first": TODAY.isoformat(), "last": (TODAY + timedelta(days=3)).isoformat()}
    assert "nobody" not in words_of(client.get("/absence/")).lower().replace("nobody yet", "")
    assert client.post("/absence/", {**days, "cover": personas.CHEN}).status_code == 302
    page = client.get("/absence/")
    assert "Dr Mei Chen covers" in words_of(page)
    assert "Away. Dr Mei Chen covers" in words_of(signed_in(people, people.chen).get("/staff/"))
    row = Absence.objects.get()
    assert client.post("/absence/", {"end": row.pk}).status_code == 302
    assert not Absence.objects.exists()
    wrong = client.post("/absence/", {"first": days["last"], "last": days["first"], "cover": ""})
    assert "comes before the first" in words_of(wrong)
    assert client.post("/absence/", {**days, "cover": "Practitioner/nobody"}).status_code == 422


def test_eve_cannot_take_somebody_elses_absence_back(people: Accounts) -> None:
    away(personas.DARA, personas.CHEN)
    client = signed_in(people, people.eve_staff)
    client.post("/absence/", {"end": Absence.objects.get().pk})
    assert Absence.objects.count() == 1
    assert signed_in(people, people.amina, Client()).get("/absence/").status_code == 404
