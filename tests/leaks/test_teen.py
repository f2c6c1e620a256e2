"""A young person's secrets and their parent: each channel through which one might reach the other.

Amina is fourteen here; her mother has the permit of a parent, which her eleventh birthday narrowed. Each
channel is asked as the mother, and as the girl herself, who does find there what is hers. Channels that the
product does not have are named with words that their address would have: whoever adds one is told to test it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from rapport.people import asking, notices
from rapport.people.models import Mail, Notice
from tests.architecture.test_routes import routes as addresses
from tests.leaks import ways
from tests.leaks.asking import Asked, Said, ask, open_page
from tests.leaks.marks import AMINA, NAME, Shelf, resource, shelves
from tests.leaks.test_matrix import SOME_FHIR, SOME_PAGES, leaks_of_fhir, leaks_of_pages
from tests.leaks.test_same import answers, questions, take_out
from tests.leaks.who import OF_A_TEEN
from tests.leaks.world import World, patient

#: What the law and young people call confidential, as the labels of HL7.
SECRETS = {
    "sexual health": "SEX", "infection": "HIV", "mental health": "PSY", "substance use": "SUD",
    "pregnancy": "PREGNANT", "safety": "VIO", "identity": "GENDER",
}  # fmt: skip


def _fhir(*types: str) -> list[str]:
    return [f"/fhir/{rtype}?_count=100" for rtype in types]


#: Channel (its number in the list that we hold ourselves to) → where it is asked; {talk} is a conversation.
CHANNELS: dict[str, list[str]] = {
    "1 page lists": ["/messages/", "/"],
    "2 page detail": ["/messages/{talk}/", "/messages/{talk}/more/"],
    "3 search as you type": ["/messages/?q=zebra", "/people/?name=zebra"],
    "4 counts and badges": ["/", "/messages/", "/fhir/Condition?_summary=count"],
    "5 recent activity": ["/", "/day/"],
    "6 subject of a thread": ["/messages/", "/fhir/Communication?category=conversation"],
    "7 who takes part": ["/messages/{talk}/", "/fhir/Communication/{talk}"],
    "8 words quoted in an answer": ["/messages/{talk}/", "/messages/{talk}/versions/"],
    "9 appointments": _fhir("Appointment", "AppointmentResponse", "Encounter"),
    "13 document after a visit": _fhir("DocumentReference", "Composition", "DocumentManifest"),
    "14 name of a file": ["/messages/{talk}/", *_fhir("Binary", "Media")],
    "16 bills": _fhir("Claim", "ClaimResponse", "ExplanationOfBenefit", "Invoice", "ChargeItem", "Account"),
    "17 medicines": _fhir("MedicationRequest", "MedicationStatement", "MedicationDispense"),
    "18 problems": _fhir("Condition"),
    "19 results": _fhir("Observation", "DiagnosticReport", "Specimen"),
    "20 questionnaires": [*_fhir("QuestionnaireResponse", "Task"), "/"],
    "21 who cares, and their field": _fhir("CareTeam", "EpisodeOfCare"),
    "22 what a plan holds": _fhir("CarePlan", "ServiceRequest", "RequestGroup"),
    "23 goals": _fhir("Goal"),
    "24 log": _fhir("AuditEvent"),
    "25 Provenance": _fhir("Provenance"),
    "26 what was agreed about sharing": _fhir("Consent"),
    "27 search, includes, totals": [
        "/fhir/Observation?patient=Patient/amina&_total=accurate", "/fhir/Patient?_revinclude=Goal:subject",
        "/fhir/Patient?_has:Condition:subject:_id=zebra-26-s", "/fhir/Encounter?_include=Encounter:diagnosis",
    ],
    "28 everything": ["/fhir/Patient/amina/$everything?_count=1000", "/fhir/Patient/amina/*?_count=1000"],
    "29 a token": ["/fhir/_history?_count=500", "/fhir/?_type=Condition,Observation,Communication"],
    "30 notices and contacts": ["/account/", "/account/email/", "/more/"],
}  # fmt: skip
#: Channels that are not there: number → words of an address that would be one.
NOT_THERE = {
    "11 push": ("push", "subscribe", "webpush"),
    "12 calendar feed": ("calendar", ".ics", "feed"),
    "15 thumbnails": ("thumb", "preview-image"),
}
#: Where the girl finds nothing of her record, either: it is about an account.
EMPTY = {"30 notices and contacts"}


def fourteen(world: World) -> None:
    """She was born fourteen years ago; what is confidential lies in her record under each label."""
    door = asking.at_work("tests")
    today = timezone.localdate()
    born = date(today.year - 14, today.month, min(today.day, 28)).isoformat()
    there = door.read("Patient", "amina").json
    door.update({**patient(AMINA, born), "meta": {"versionId": there["meta"]["versionId"]}})
    for code in SECRETS.values():
        label = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code}]
        for rtype in ("Condition", "Observation", "Communication", "Immunization", "AllergyIntolerance"):
            made = resource(AMINA, Shelf(rtype, "s")) | {"meta": {"security": label}}
            door.create(made, rid=f"secret-{rtype.lower()}-{code.lower()}")


def asked_by(world: World, who: str, channel: str) -> Iterator[tuple[str, Said]]:
    """What somebody gets through a channel."""
    browser = world.client(who)
    for path in CHANNELS[channel]:
        path = path.replace("{talk}", world.pages[AMINA.word][0])
        if path.startswith("/fhir"):
            yield path, ask(Asked("", "GET", path.removeprefix("/fhir/")), world.tokens[who])
        else:
            yield path, open_page(browser, Asked("", "GET", path))


@pytest.mark.slow
def test_every_channel(world: World) -> None:
    fourteen(world)
    for channel in CHANNELS:
        for path, said in asked_by(world, "parent", channel):
            told = shelves(AMINA, said.whole, path.encode()) - OF_A_TEEN
            assert not told and b"secret-" not in said.body, (channel, path, told)
        hers = set[Shelf]({NAME}).union(
            *(shelves(AMINA, said.whole) for _, said in asked_by(world, "amina", channel))
        )
        assert bool(hers - {NAME}) is (channel not in EMPTY), channel


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_matrix_as_a_parent(world: World) -> None:
    fourteen(world)
    asking = ways.some(ways.fhir(AMINA), SOME_FHIR, "parent of a teen")
    assert not list(leaks_of_fhir(world, "parent", asking, OF_A_TEEN))
    pages = ways.some(ways.pages(ways.theirs(AMINA, world.pages[AMINA.word])), 0, "parent", least=SOME_PAGES)
    assert not list(leaks_of_pages(world, "parent", pages, OF_A_TEEN))
    seen = [
        ask(Asked("", "GET", f"{rtype}?_count=50"), world.tokens["parent"])
        for rtype in ("Patient", "Immunization")
    ]
    assert all(shelves(AMINA, said.body) for said in seen), "she does see what is left to her"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_hidden_from_a_parent_leaves_no_trace(world: World) -> None:
    fourteen(world)
    asking = questions("parent", AMINA, 150)
    before = [(said.status, said.headers, said.body) for _, said in answers(world.tokens["parent"], asking)]
    take_out("parent", OF_A_TEEN)
    after = [(said.status, said.headers, said.body) for _, said in answers(world.tokens["parent"], asking)]
    assert before == after


@pytest.mark.slow
def test_an_e_mail_to_a_parent_says_nothing(world: World, settings: Any) -> None:
    """10 reminders: nothing is told of what she may not see, and no e-mail says what it is about."""
    settings.EMAIL_HOST = "mail.example.org"
    fourteen(world)
    talk = world.pages[AMINA.word][0]
    assert not Notice.objects.filter(person="RelatedPerson/parent").exists()
    notices.tell("RelatedPerson/parent", "message", f"Communication/{talk}", "a slip")
    notices.tell(AMINA.ref, "message", f"Communication/{talk}", "as it should be")
    Notice.objects.update(due_at=timezone.now())
    assert notices.gather("RelatedPerson/parent") is None
    mail = notices.gather(AMINA.ref)
    assert mail is not None and not shelves(AMINA, f"{mail.subject} {mail.body} {mail.address}".encode())
    assert not Mail.objects.filter(person="RelatedPerson/parent").exists()


@pytest.mark.django_db
def test_channels_that_are_not_there_are_not_there() -> None:
    words = [word for some in NOT_THERE.values() for word in some]
    found = [path for path, _ in addresses() if any(word in path for word in words)]
    assert not found, "a channel of the list is there now: ask it in CHANNELS"
    numbers = {int(name.partition(" ")[0]) for name in (*CHANNELS, *NOT_THERE)} | {10}
    assert numbers == set(range(1, 31))
