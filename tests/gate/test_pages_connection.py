"""The door on Django's own connection, as pages use it: account, record and audit stand or fall together."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people.models import User
from tests.personas import AMINA, People, arrive, conversation, message


@pytest.fixture
def page(own_database: str) -> Any:
    """Makes doors as the middleware does."""
    connection.ensure_connection()
    arrive(connection.connection, transaction.atomic)
    return lambda actor: Door(connection.connection, actor, unit=transaction.atomic)


def audited() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit")
        return int(cursor.fetchone()[0])


def test_reads_and_writes(page: Any) -> None:
    amina = page(People.amina)
    before = audited()
    with amina.unit("writing"):
        amina.create(conversation("c1"), rid="c1")
        User.objects.create_user("a@example.org", AMINA, display_name="Amina")
    assert amina.read("Communication", "c1").vid == 1
    assert audited() == before + 1
    amina.finish()
    assert audited() == before + 2


def test_account_and_record_are_undone_together(page: Any) -> None:
    amina, before = page(People.amina), audited()
    with pytest.raises(Refused), amina.unit("writing"):
        User.objects.create_user("a@example.org", AMINA, display_name="Amina")
        amina.create(conversation("c1"), rid="c1")
        amina.create(message("m1", "c1", "?", sender="Practitioner/chen"))
    assert not User.objects.exists()
    assert amina.find("Communication", "c1") is None
    assert audited() == before + 1  # the refusal


def test_the_views_own_transaction_takes_the_door_with_it(page: Any) -> None:
    amina, before = page(People.amina), audited()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        amina.create(conversation("c1"), rid="c1")
        _ = 1 / 0
    assert amina.find("Communication", "c1") is None and audited() == before


def test_waiting_for_the_disk_is_given_up_for_reads_alone(page: Any) -> None:
    def setting() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            return str(cursor.fetchone()[0])

    dara = page(People.dara)
    connection.connection.execute("SET synchronous_commit = on")
    dara.read("Patient", "amina")
    with transaction.atomic():
        dara.finish()
        assert setting() == "on"
    dara.read("Patient", "amina")
    dara.finish()
    assert setting() == "on"


def test_rapport_itself_in_the_same_unit(page: Any) -> None:
    amina = page(People.amina)
    with amina.unit("writing"):
        amina.create(conversation("c1"), rid="c1")
        rapport = amina.rapport("clock")
        assert rapport.actor == Actor.system("clock")
        rapport.update(rapport.read("Communication", "c1").json | {"status": "completed"})
    assert amina.read("Communication", "c1").vid == 2
