"""What US Core 6.1 asks of a server beside its searches, over HTTP. The numbers are its requirements'."""

from __future__ import annotations

import psycopg
import pytest

from tests.clients.conftest import Service
from tests.clients.us_core import making
from tests.clients.us_core.conftest import Json, Record, means
from tests.clients.us_core.making import LOINC, bare, concept

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clients")]
shows = pytest.mark.shows
TERMS = "http://terminology.hl7.org/CodeSystem/"


# ---------------------------------------------------------------- interactions and answers


@shows("us-core@17")
def test_it_says_what_it_offers(nobody: Record) -> None:
    """Reading and every parameter of the searches, for each type of US Core."""
    said = {one["type"]: one for one in nobody.get("metadata").json()["rest"][0]["resource"]}
    for asked in making.searches():
        one = said[asked.rtype]
        assert {"read", "search-type"} <= {each["code"] for each in one["interaction"]}
        assert set(asked.names) <= {each["name"] for each in one["searchParam"]} | {"_id"}, asked


@shows("us-core@535", "us-core@540")
def test_read_vread_history_and_search_in_json(record: Record, tag: str) -> None:
    body = bare("Observation", f"{tag}-patient") | {"id": f"{tag}-o"}
    record.store(body)
    for path in ("", "/_history/1", "/_history"):
        answer = record.get(f"Observation/{tag}-o{path}", Accept="application/fhir+json")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].partition(";")[0] == "application/fhir+json"
    assert record.get(f"Observation/{tag}-o").headers["ETag"] == 'W/"1"'
    assert record.found(f"Observation?patient={tag}-patient") == {f"Observation/{tag}-o"}


@shows("us-core@536")
@pytest.mark.parametrize(
    "query",
    [
        "Patient?birthdate=yesterday",
        "Patient?colour=blue",
        "Patient?name:loud=a",
        "Observation?date=ge2024-13",
    ],
)
def test_invalid_parameters_are_400(record: Record, query: str) -> None:
    answer = record.get(query)
    assert (answer.status_code, answer.json()["resourceType"]) == (400, "OperationOutcome")


@shows("us-core@537", "us-core@543")
def test_without_a_good_token_it_is_401(service: Service, nobody: Record) -> None:
    for other in (nobody, Record(service, "guessed")):
        answer = other.get("Patient")
        assert (answer.status_code, answer.json()["resourceType"]) == (401, "OperationOutcome")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@shows("us-core@538", "us-core@543")
def test_what_no_scope_is_about_is_403(narrow: Record, record: Record, tag: str) -> None:
    record.store(bare("Observation", f"{tag}-patient") | {"id": f"{tag}-o"})
    for path in (f"Observation/{tag}-o", "Observation/never", "Observation", "Observation/never/_history"):
        answer = narrow.get(path)
        assert (answer.status_code, answer.json()["resourceType"]) == (403, "OperationOutcome"), path
    assert narrow.post("Observation", bare("Observation")).status_code == 403
    assert narrow.get(f"Patient/{tag}-patient").status_code == 200


@shows("us-core@539")
@pytest.mark.parametrize("path", ["Patient/never-there", "Practitioner/never-there", "Nonsense/1"])
def test_what_is_not_there_is_404(record: Record, path: str) -> None:
    answer = record.get(path)
    assert (answer.status_code, answer.json()["resourceType"]) == (404, "OperationOutcome")


@shows("us-core@562")
def test_every_look_and_every_write_is_written_down(service: Service, record: Record, tag: str) -> None:
    record.store(bare("Observation", f"{tag}-patient") | {"id": f"{tag}-o"})
    record.get(f"Observation/{tag}-o")
    record.found(f"Observation?patient={tag}-patient")
    with psycopg.connect(service.running.environment["DATABASE_URL"]) as conn:
        rows = conn.execute("SELECT action FROM audit WHERE audit::text LIKE %s", [f"%{tag}%"]).fetchall()
    assert len(rows) >= 4  # two writes, a look, a search


# ---------------------------------------------------------------- searches


@shows("us-core@68", "us-core@69")
@pytest.mark.parametrize("status", ["registered", "final", "amended", "cancelled", "entered-in-error"])
def test_with_a_status_and_without_nothing_is_left_out(record: Record, tag: str, status: str) -> None:
    body = bare("Observation", f"{tag}-patient") | {"id": f"{tag}-o", "status": status}
    record.store(body)
    for query in ("", f"&status={status}", "&status=registered,final,amended,cancelled,entered-in-error"):
        assert record.found(f"Observation?patient={tag}-patient{query}") == {f"Observation/{tag}-o"}


def prescriptions(tag: str) -> list[Json]:
    """One prescription for each state and intent that one may look for."""
    states = [("active", "order"), ("active", "plan"), ("completed", "order"), ("unknown", "order")]
    return [
        bare("MedicationRequest", f"{tag}-patient")
        | {"id": f"{tag}-{status}-{intent}", "status": status, "intent": intent}
        | {"encounter": {"reference": f"Encounter/{tag}-e"}}
        for status, intent in [*states, ("entered-in-error", "order")]
    ]


@shows("us-core@252", "us-core@253", "us-core@254", "us-core@256", "us-core@418")
def test_all_medications_active_ones_and_those_of_an_encounter(record: Record, tag: str) -> None:
    visit = bare("Encounter", f"{tag}-patient") | {"id": f"{tag}-e"}
    record.store(visit, *prescriptions(tag))
    whole = {f"MedicationRequest/{one['id']}" for one in prescriptions(tag)}
    asked = f"MedicationRequest?patient=Patient/{tag}-patient"
    both = {f"MedicationRequest/{tag}-active-{intent}" for intent in ("order", "plan")}
    assert record.found(f"{asked}&intent=proposal,plan,order,option") == whole
    assert record.found(f"{asked}&intent=proposal,plan,order,option&status=active") == both
    assert record.found(f"{asked}&intent=order&encounter=Encounter/{tag}-e") == {
        one for one in whole if one.endswith("order")
    }


@shows("us-core@250", "us-core@402")
@pytest.mark.parametrize("rtype", ["MedicationRequest", "MedicationDispense"])
def test_the_medication_comes_along(record: Record, tag: str, rtype: str) -> None:
    one = bare(rtype, f"{tag}-patient") | {"id": f"{tag}-m"}
    del one["medicationCodeableConcept"]
    one["medicationReference"] = {"reference": f"Medication/{tag}-tablet"}
    record.store({"resourceType": "Medication", "id": f"{tag}-tablet", "code": concept("tablet")}, one)
    answer = record.get(f"{rtype}?patient={tag}-patient&_include={rtype}:medication")
    assert (means(answer), means(answer, "include")) == ({f"{rtype}/{tag}-m"}, {f"Medication/{tag}-tablet"})


def test_a_role_by_whose_it_is(record: Record, tag: str) -> None:
    """The chains that the guide's CapabilityStatement asks for."""
    for who in ("doctor", "locum"):
        number = {"system": "urn:example:staff", "value": f"{tag}-{who}"}
        person = {"resourceType": "Practitioner", "id": f"{tag}-{who}", "identifier": [number]}
        role = {"practitioner": {"reference": f"Practitioner/{tag}-{who}"}}
        record.store(
            person | {"name": [{"family": f"{tag}{who}"}]},
            bare("PractitionerRole") | {"id": f"{tag}-{who}"} | role,
        )
    mine = {f"PractitionerRole/{tag}-doctor"}
    assert record.found(f"PractitionerRole?practitioner.identifier=urn:example:staff|{tag}-doctor") == mine
    answer = record.get(
        f"PractitionerRole?practitioner.name={tag}doctor&_include=PractitionerRole:practitioner"
    )
    assert (means(answer), means(answer, "include")) == (mine, {f"Practitioner/{tag}-doctor"})


@pytest.mark.parametrize("query", ["name={tag}-quay", "address={tag}ville"])
def test_a_place_by_name_and_by_address(record: Record, tag: str, query: str) -> None:
    """They stand in the guide's CapabilityStatement, not among the searches of the test kit."""
    for name, city in (("quay", "ville"), ("mill", "stad")):
        place = {"resourceType": "Location", "id": f"{tag}-{name}", "name": f"{tag}-{name}"}
        record.store(place | {"address": {"city": f"{tag}{city}"}})
    assert record.found("Location?" + query.format(tag=tag)) == {f"Location/{tag}-quay"}


PROVEN = [
    *("AllergyIntolerance", "CarePlan", "CareTeam", "Condition", "Coverage", "Device", "DiagnosticReport"),
    *("DocumentReference", "Encounter", "Goal", "Immunization", "MedicationDispense", "MedicationRequest"),
    *("Observation", "Patient", "Procedure", "QuestionnaireResponse", "RelatedPerson", "ServiceRequest"),
]


@pytest.mark.parametrize(
    "rtype",
    [pytest.param(name, id=name, marks=shows(f"us-core@{489 + at}")) for at, name in enumerate(PROVEN)],
)
def test_who_wrote_it_comes_along(record: Record, tag: str, rtype: str) -> None:
    one = bare(rtype, f"{tag}-patient") | {"id": f"{tag}-one"}
    proof = {
        "resourceType": "Provenance",
        "id": f"{tag}-proof",
        "target": [{"reference": f"{rtype}/{tag}-one"}],
        "recorded": "2024-03-10T09:30:00Z",
        "agent": [{"who": {"display": "Dr Chen"}, "onBehalfOf": {"display": "Harbour Street"}}],
    }
    record.store(one, proof)
    answer = record.get(f"{rtype}?_id={tag}-one&_revinclude=Provenance:target")
    assert (means(answer), means(answer, "include")) == ({f"{rtype}/{tag}-one"}, {f"Provenance/{tag}-proof"})


NOTES = ("11488-4", "18842-5", "34117-2", "28570-0", "11506-3", "18748-4", "11502-2", "11526-1")
KINDS = ("LP29708-2", "LP7839-6", "LP29684-5")


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            code, id=code, marks=shows(f"us-core@{206 + at}", "us-core@223", "us-core@365", "us-core@368")
        )
        for at, code in enumerate(NOTES)
    ],
)
def test_the_common_notes(record: Record, tag: str, code: str) -> None:
    """Stored whole, found by type, and no other."""
    note = bare("DocumentReference", f"{tag}-patient") | {"id": f"{tag}-note", "type": concept(code, LOINC)}
    other = note | {"id": f"{tag}-other", "type": concept("00000-0", LOINC)}
    record.store(other)
    assert record.kept(note) == note
    asked = f"DocumentReference?patient={tag}-patient&type={LOINC}|{code}"
    assert record.found(asked) == {f"DocumentReference/{tag}-note"}


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            code, id=code, marks=shows(f"us-core@{214 + at}", "us-core@224", "us-core@231", "us-core@360")
        )
        for at, code in enumerate(KINDS)
    ],
)
def test_the_categories_of_reports(record: Record, tag: str, code: str) -> None:
    """With the narrative inside."""
    report = bare("DiagnosticReport", f"{tag}-patient") | {"id": f"{tag}-report"}
    report |= {
        "category": [concept(code, LOINC)],
        "presentedForm": [{"contentType": "text/plain", "data": "SGVsbG8="}],
    }
    other = report | {"id": f"{tag}-other", "category": [concept("LAB", TERMS + "v2-0074")]}
    record.store(other)
    assert record.kept(report) == report
    asked = f"DiagnosticReport?patient={tag}-patient&category={LOINC}|{code}"
    assert record.found(asked) == {f"DiagnosticReport/{tag}-report"}


@shows("us-core@455")
def test_organizations_by_their_national_number(record: Record, tag: str) -> None:
    number = {"system": "http://hl7.org/fhir/sid/us-npi", "value": f"1{tag}"}
    body = {"resourceType": "Organization", "id": f"{tag}-site", "identifier": [number], "name": "Site"}
    assert record.kept(body) == body
    assert record.found(f"Organization?identifier={number['system']}|1{tag}") == {f"Organization/{tag}-site"}
