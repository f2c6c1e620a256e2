"""What somebody may do by law is entered with proof, by who may enter it, and ends by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.circle import actions
from rapport.pillars.circle.reading import access
from rapport.pillars.circle.reading.law import speakers
from rapport.pillars.circle.shapes import Authority
from tests.conversations.pages import Browser
from tests.personas import AMINA, BILAL, DARA, People, observation

Doors = Callable[[Actor], Door]
TODAY = date.today()
NEXT_YEAR = TODAY + timedelta(days=365)
AGENT = Authority("agent", "Power of attorney, 4 May 2024", TODAY, NEXT_YEAR, signer=DARA)


def enter(door: Door, authority: Authority = AGENT, member: str = "bilal") -> str:
    return actions.enter_authority(
        door, once="a form about the law", patient=AMINA, authority=authority, member=member
    )


def sees(door: Door) -> bool:
    return bool(door.search("Observation", [("patient", AMINA)]).matches)


def test_an_agent_sees_the_record_until_it_is_looked_at_again(door: Doors, people: People) -> None:
    door(people.dara).create(observation("pulse"), rid="pulse")
    assert not sees(door(people.bilal))
    rid = enter(door(people.chen))
    assert enter(door(people.chen)) == rid  # sent twice, entered once
    assert sees(door(people.bilal))
    (said,) = access.by_law(door(people.chen), AMINA)
    assert (said.who, said.verifier, said.signer) == ("Bilal Haddad", "Mei Chen", "Dara Okafor")
    assert said.authority.evidence == AGENT.evidence and said.authority.ends == NEXT_YEAR
    actions.end_authority(door(people.chen), consent=rid)
    assert not sees(door(people.bilal))


@pytest.mark.parametrize(
    "wrong",
    [
        Authority("agent", "Power of attorney, 2024", TODAY, None, signer=DARA),
        Authority("agent", "Power of attorney, 2024", TODAY, NEXT_YEAR),
        Authority("guardian", "paper", TODAY),
        Authority("friend", "A letter of hers", TODAY),
        Authority("guardian", "Court order, 2020", TODAY, TODAY - timedelta(days=1)),
    ],
)
def test_what_proves_too_little_is_refused(door: Doors, people: People, wrong: Authority) -> None:
    with pytest.raises(Refused) as refused:
        enter(door(people.chen), wrong)
    assert refused.value.code == "rule"
    assert access.by_law(door(people.chen), AMINA) == ()


def test_a_parent_of_a_grown_woman_sees_nothing(door: Doors, people: People) -> None:
    door(people.dara).create(observation("pulse"), rid="pulse")
    enter(door(people.chen), Authority("parent", "Birth certificate, 1968", date(1968, 3, 14)))
    assert not sees(door(people.bilal))


def test_eve_enters_nothing_and_learns_nothing(door: Doors, people: People) -> None:
    rid = enter(door(people.chen))
    for who in (people.eve, people.eve_staff, people.dara, people.root, people.bilal, people.amina):
        for attempt in (
            lambda at: enter(at),
            lambda at: actions.end_authority(at, consent=rid),
            lambda at: access.may_see(at, AMINA),
            lambda at: access.by_law(at, AMINA),
            lambda at: access.reached(at, AMINA, BILAL),
            lambda at: access.people(at, AMINA),
        ):
            with pytest.raises(Refused) as refused:
                attempt(door(who))
            assert refused.value.code == "not-found", who.name
        page = Browser(who)
        for path in ("/access/amina/", "/access/amina/law/"):
            page.get(path)
            assert page.status == 404, (who.name, path)


def test_a_lead_reads_who_may_and_why(door: Doors, people: People) -> None:
    chen = Browser(people.chen)
    said = chen.get("/access/amina/?of=RelatedPerson/bilal")
    assert "Dr Mei Chen is on the care team." in said
    assert "Messages: no" in said and "Health record: no" in said
    enter(door(people.chen))
    said = chen.get("/access/amina/?of=RelatedPerson/bilal")
    assert "Messages: yes" in said and "Power of attorney, 4 May 2024" in said
    assert "Messages: yes" in chen.get("/access/amina/?of=Practitioner/dara")
    assert "Messages: no" in chen.get("/access/amina/?of=Practitioner/eve")


def test_the_form_enters_it(door: Doors, people: People) -> None:
    chen = Browser(people.chen)
    chen.get("/access/amina/law/")
    fields = {
        "kind": "guardian",
        "evidence": "Court order, 3 June 2025",
        "name": "Omar Haddad",
        "relation": "brother",
    }
    chen.post("/access/amina/law/", {**fields, "evidence": "", "once": "one form of chen"})
    assert chen.status == 422
    said = chen.post("/access/amina/law/", {**fields, "once": "one form of chen"})
    assert "Guardian: Omar Haddad" in said and "Verified by Mei Chen" in said


def test_the_glance_says_who_speaks_for_her_and_until_when(door: Doors, people: People) -> None:
    dara, rid = Browser(people.dara), enter(door(people.chen))
    said = dara.get("/people/amina/")
    assert "Health-care agent: Bilal Haddad" in said and ", until" in said
    assert "Health-care agent" not in Browser(people.eve_staff).get("/people/amina/")
    assert speakers(door(people.eve_staff), AMINA, TODAY) == speakers(door(people.eve), AMINA, TODAY) == ()
    assert speakers(door(people.dara), AMINA, NEXT_YEAR + timedelta(days=1)) == ()
    actions.end_authority(door(people.chen), consent=rid)
    assert "Health-care agent" not in dara.get("/people/amina/")


def test_what_has_no_proof_speaks_for_nobody(door: Doors, people: People) -> None:
    rid = enter(door(people.chen))
    body = {**door(people.chen).read("Consent", rid).json}
    body.pop("verification")
    door(Actor.system("tests")).update(body)
    assert speakers(door(people.chen), AMINA, TODAY) == ()
