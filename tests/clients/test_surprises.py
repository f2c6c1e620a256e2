"""What once surprised an integrator, asked by hand: nothing is stored twice, nothing is silently empty."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.clients.conftest import Service

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clients")]


def ask(service: Service, method: str, path: str, who: str = "whole", **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {service.token(who)}", **more.pop("headers", {})}
    return requests.request(method, f"{service.base}/{path}", headers=headers, timeout=30, **more)


def test_a_condition_behind_the_address_is_not_left_out(service: Service, family: str) -> None:
    body = {"resourceType": "Patient", "identifier": [{"system": "urn:example:numbers", "value": family}]}
    asked = f"Patient?identifier=urn:example:numbers|{family}&_format=json"
    first, again = (ask(service, "POST", asked, json=body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["Location"] == again.headers["Location"]
    wrong = ask(service, "POST", f"Patient?identifer={family}", json=body)
    assert wrong.status_code == 400 and "identifer" in wrong.text


def test_a_file_may_have_a_name_behind_its_address(service: Service) -> None:
    headers = {"Content-Type": "text/plain"}
    stored = [
        ask(service, "POST", "Binary?_filename=a.txt", data=b"Hello", headers=headers) for _ in range(2)
    ]
    assert [one.status_code for one in stored] == [201, 201]
    given = ask(service, "GET", f"Binary/{stored[0].json()['id']}", headers={"Accept": "*/*"})
    assert (given.content, given.headers["Content-Type"].partition(";")[0]) == (b"Hello", "text/plain")


def test_an_id_that_cannot_be_one_is_named_when_it_is_written(service: Service) -> None:
    said = ask(service, "PUT", "Patient/under_score", json={"resourceType": "Patient", "id": "under_score"})
    assert said.status_code == 400 and "letters" in said.text
    assert ask(service, "GET", "Patient/under_score").status_code == 404


@pytest.mark.parametrize("path", ["Observation", "Observation/never", "Observation/never/_history/1"])
def test_a_missing_scope_is_named_and_not_an_empty_answer(service: Service, path: str) -> None:
    said = ask(service, "GET", path, who="narrow")
    assert said.status_code == 403
    assert "system/Observation." in said.json()["issue"][0]["diagnostics"]
    assert ask(service, "POST", "Observation/_search", who="narrow", data={"code": "x"}).status_code == 403


def test_every_write_says_where_and_which_version(service: Service, family: str) -> None:
    body = {"resourceType": "Patient", "name": [{"family": family}]}
    made = ask(service, "POST", "Patient", json=body, headers={"Prefer": "return=minimal"})
    where = made.headers["Location"]
    assert (made.status_code, made.headers["ETag"], made.content) == (201, 'W/"1"', b"")
    rid = where.removeprefix(f"{service.base}/Patient/").partition("/")[0]
    assert where == f"{service.base}/Patient/{rid}/_history/1" and "Last-Modified" in made.headers
    kept = ask(service, "GET", f"Patient/{rid}", headers={"If-None-Match": made.headers["ETag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    wrong = ask(service, "POST", f"Patient/{rid}", json=body)
    assert wrong.status_code == 405 and "PUT" in wrong.headers["Allow"]


def test_who_names_no_version_is_not_told_of_a_conflict(service: Service, family: str) -> None:
    """Many at once on one resource: each change is made, one after the other."""
    where = f"Patient/{family}"

    def change(number: int) -> int:
        body = {"resourceType": "Patient", "id": family, "name": [{"text": str(number)}]}
        return ask(service, "PUT", where, json=body).status_code

    service.token()
    with ThreadPoolExecutor(16) as threads:
        assert sorted(threads.map(change, range(32))) == [200] * 31 + [201]
    assert ask(service, "GET", where).headers["ETag"] == 'W/"32"'


def test_one_creates_and_the_others_find_it(service: Service, family: str) -> None:
    body = {"resourceType": "Patient", "identifier": [{"system": "urn:example:numbers", "value": family}]}
    condition = {"If-None-Exist": f"identifier=urn:example:numbers|{family}"}
    with ThreadPoolExecutor(16) as threads:
        said = list(
            threads.map(lambda _: ask(service, "POST", "Patient", json=body, headers=condition), range(32))
        )
    assert sorted(one.status_code for one in said) == [200] * 31 + [201]
    assert len({one.json()["id"] for one in said}) == 1


def test_the_whole_address_of_something_here_is_a_local_reference(service: Service, family: str) -> None:
    """Alone and in a bundle: kept as `Type/id`, found by either, and in the patient's own record."""
    ask(service, "PUT", f"Patient/{family}", json={"resourceType": "Patient", "id": family})
    far = {"reference": f"{service.base}/Patient/{family}"}
    rate = {"resourceType": "Observation", "status": "final", "code": {"text": "rate"}, "subject": far}
    rate["note"] = [{"text": f"see {service.base}/Patient/{family}"}]
    alone = ask(service, "POST", "Observation", json=rate).json()
    assert alone["subject"] == {"reference": f"Patient/{family}"}
    assert alone["note"] == rate["note"]
    entry = {"resource": rate, "request": {"method": "POST", "url": "Observation"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert ask(service, "POST", "", json=bundle).status_code == 200
    for query in (f"subject=Patient/{family}", f"subject={far['reference']}", f"patient={family}"):
        assert ask(service, "GET", f"Observation?{query}").json()["total"] == 2, query
    assert len(ask(service, "GET", f"Patient/{family}/$everything").json()["entry"]) == 3


def test_a_token_is_asked_for_by_a_form(service: Service) -> None:
    program = service.programs["whole"]
    pair = (program["client_id"], program["client_secret"])
    said = requests.post(service.token_url, json={"grant_type": "client_credentials"}, auth=pair, timeout=30)
    assert (said.status_code, said.json()["error"]) == (400, "invalid_request")
    assert "form" in said.json()["error_description"]


def test_pages_of_other_sites_are_not_let_in(service: Service) -> None:
    """Nothing of `/fhir` is opened to pages of other sites: programs call it, not browsers."""
    said = ask(service, "GET", "Patient?_count=1", headers={"Origin": "https://elsewhere.example"})
    assert said.status_code == 200
    assert not [name for name in said.headers if name.lower().startswith("access-control")]
    assert ask(service, "GET", "metadata").json()["rest"][0]["security"]["cors"] is False
