"""Not my neighbour who works there: shut out by the patient, enforced at once, seen by who keeps sharing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rapport.fhir.outcomes import Refused
from rapport.gate import access, preview
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.circle import actions
from rapport.pillars.circle.reading import access as reading
from rapport.pillars.conversations.actions import Sent
from tests.conversations.pages import Browser
from tests.personas import AMINA, EVE, People

Doors = Callable[[Actor], Door]


def test_shut_out_and_let_in_again(people: People, door: Doors, three: Sent) -> None:
    amina, dara = Browser(people.amina), Browser(people.dara)
    talk = f"/messages/{three.conversation}/"
    assert "tablet" in dara.get(talk) and "Amina" in dara.get("/people/amina/")
    amina.get("/circle/not/?name=okafor")
    assert "Dara Okafor, nurse" in amina.said
    assert "From now on they see nothing of yours." in amina.send("/dara/")
    assert "They see nothing of yours" in amina.said and "Dara Okafor" in amina.said
    for path in (talk, "/people/amina/"):
        assert dara.client.get(path).status_code == 404
    assert "tablet" not in dara.get("/inbox/") and "Amina" not in dara.get("/people/?name=amina")
    for rtype in ("Patient", "Communication", "Task", "CareTeam", "Consent"):
        assert not door(people.dara).search(rtype, [("_count", "50")]).matches, rtype
    assert "Shut out by the person" in Browser(people.chen).get("/access/amina/")
    amina.get("/circle/not/")
    assert "They may see again" in amina.send("/again/")
    assert "tablet" in dara.get(talk)
    assert "Shut out by the person" not in Browser(people.chen).get("/access/amina/")


def test_a_lead_who_is_shut_out_hears_nothing_of_who_sees_what(
    people: People, door: Doors, three: Sent
) -> None:
    """Nor a privacy officer: the pages about a record are closed as the record is."""
    officer = replace(people.eve_staff, duties=frozenset({"privacy"}))
    chen = Browser(people.chen)
    assert "Amina" in chen.get("/access/amina/") and door(officer).log(AMINA)
    assert preview.would(door(people.chen), people.dara, "r", "Communication", three.conversation).allowed
    for who in ("chen", "eve"):
        actions.shut_out(door(people.amina), staff=who)
    for path in ("/access/amina/", "/access/amina/law/", "/access/amina/?of=Practitioner/dara"):
        assert chen.client.get(path).status_code == 404
    for refused in (
        lambda: door(officer).log(AMINA),
        lambda: access.who_may(door(people.chen), AMINA),
        lambda: access.reach(door(people.chen), people.dara, AMINA, ["Patient"]),
        lambda: preview.would(door(people.chen), people.dara, "r", "Communication", three.conversation),
        lambda: preview.would(door(people.chen), people.dara, "r", "Patient", "amina"),
    ):
        with pytest.raises(Refused):
            refused()
    assert "Eve" in chen.get("/access/eve/")


def test_twice_is_once(people: People, door: Doors) -> None:
    for _click in range(2):
        actions.shut_out(door(people.amina), staff="dara")
    assert reading.shut_out(door(people.amina), AMINA) == (("dara", "Dara Okafor"),)
    for _click in range(2):
        actions.let_in_again(door(people.amina), staff="dara")
    actions.let_in_again(door(people.amina), staff="eve")
    assert reading.shut_out(door(people.amina), AMINA) == ()


def test_a_stranger_shuts_out_nobody_from_amina(people: People, door: Doors) -> None:
    for actor in (people.eve_staff, people.dara, people.bilal, people.root, people.chen):
        for verb in (actions.shut_out, actions.let_in_again):
            with pytest.raises(Refused) as refused:
                verb(door(actor), staff="dara")
            assert refused.value.code == "not-found"
        browser = Browser(actor)
        assert browser.client.get("/circle/not/").status_code == 404
        assert browser.client.post("/circle/not/dara/").status_code == 404
    actions.shut_out(door(people.eve), staff="dara")  # from her own record alone
    assert door(people.dara).read("Patient", "amina")
    assert reading.shut_out(door(people.eve), EVE) and not reading.shut_out(door(people.amina), AMINA)
    for actor in (people.eve, people.eve_staff, people.dara, people.bilal):
        with pytest.raises(Refused):
            reading.shut_out(door(actor), AMINA)
    with pytest.raises(Refused):
        actions.shut_out(door(people.amina), staff="nobody")
