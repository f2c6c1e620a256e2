"""Search over HTTP: several types at once, whole addresses, and every mistake named."""

from __future__ import annotations

import pytest

from rapport.fhir import queries
from rapport.fhir_api import system_searches
from tests.fhir_api.conftest import Call
from tests.personas import observation

pytestmark = pytest.mark.usefixtures("no_guards")


def urls(page: dict[str, object]) -> list[str]:
    """What a page holds, as Type/id."""
    entries = page.get("entry", [])
    assert isinstance(entries, list)
    return [entry["fullUrl"].removeprefix("http://testserver/fhir/") for entry in entries]


def test_several_types_at_once(api: Call) -> None:
    for number in range(4):
        api("PUT", f"Observation/o{number}", observation(f"o{number}"))
        api("PUT", f"Basic/b{number}", {"resourceType": "Basic", "id": f"b{number}", "code": {"text": "x"}})
    ids = "_id=" + ",".join(f"o{n},b{n}" for n in range(4))
    whole = api("GET", f"?_type=Observation,Basic,Slot&{ids}").json
    wanted = {f"Observation/o{n}" for n in range(4)} | {f"Basic/b{n}" for n in range(4)}
    assert set(urls(whole)) == wanted and whole["total"] == 8
    seen: list[str] = []
    url = f"?_type=Observation,Basic,Slot&{ids}&_count=3&_total=accurate"
    while url:
        page = api("GET", url).json
        assert page["total"] == 8 and len(page["entry"]) <= 3
        seen += urls(page)
        more = [link["url"] for link in page["link"] if link["relation"] == "next"]
        url = more[0].removeprefix("http://testserver/fhir") if more else ""
    assert len(seen) == 8 and set(seen) == wanted
    assert api("GET", f"?_type=Observation,Basic&{ids}&_summary=count").json["total"] == 8
    form = "application/x-www-form-urlencoded"
    assert len(api("POST", "_search", f"_type=Basic&{ids}".encode(), media=form).json["entry"]) == 4
    brought = api("GET", "?_type=Observation,Basic&_id=o1&_include=Observation:subject").json
    assert [entry["search"]["mode"] for entry in brought["entry"]] == ["match", "include"]


@pytest.mark.parametrize(
    ("query", "status", "named"),
    [
        ("", 405, "_type"),
        ("?_type=Animal", 400, "Animal"),
        ("?_type=Observation,Basic&_sort=_id", 400, "_sort"),
        ("?_type=Observation,Basic&status=final", 400, "Basic has no search parameter status"),
        ("?_type=Observation,Basic&_cursor=Slot.x", 400, "page"),
        ("?_type=Observation&_cursor=Observation.x", 400, "page"),
        ("Observation?colour=red", 400, "colour"),
        ("Observation?code:color=red", 400, ":color"),
        ("Observation?status:text=final", 400, ":text"),
        ("Observation?date=tomorrow", 400, "date=tomorrow"),
        ("Observation?date=2024-02-30", 400, "2024-02-30"),
        ("Observation?value-quantity=much", 400, "much"),
        ("Observation?code:in=http://none", 400, "http://none"),
        ("Observation?code:below=http://none|x", 400, "http://none"),
        ("Observation?patient.colour=red", 400, "colour"),
        ("Observation?_has:Task:focus:colour=red", 400, "colour"),
        ("Observation?_has:Task:colour:code=red", 400, "colour"),
        ("Observation?_sort=colour", 400, "colour"),
        ("Observation?_sort=subject", 400, "subject"),
        ("Observation?_include=Observation:colour", 400, "colour"),
        ("Observation?_include=Observation:code", 400, "code"),
        ("Observation?_count=many", 400, "many"),
        ("Observation?_total=roughly", 400, "roughly"),
        ("Location?near=here", 400, "near=here"),
    ],
)
def test_what_is_wrong_is_named(api: Call, query: str, status: int, named: str) -> None:
    found = api("GET", query)
    assert found.status == status
    [issue] = found.json["issue"]
    assert issue["severity"] == "error" and named in issue["diagnostics"]


def test_unknown_parameters_are_left_out_when_asked(api: Call) -> None:
    api("PUT", "Observation/o1", observation("o1"))
    for query in ("Observation?colour=red&_id=o1", "?_type=Observation&colour=red&_id=o1"):
        found = api("GET", query, prefer="handling=lenient").json
        assert [entry["search"]["mode"] for entry in found["entry"]] == ["match", "outcome"]
        assert "colour" in found["entry"][1]["resource"]["issue"][0]["diagnostics"]
    assert api("GET", "Observation?date=never", prefer="handling=lenient").status == 400


def test_a_reference_by_its_whole_address_here(api: Call) -> None:
    api("PUT", "Observation/o1", observation("o1"))
    for name in ("patient", "subject", "subject:Patient"):
        found = api("GET", f"Observation?{name}=http://testserver/fhir/Patient/amina").json
        assert urls(found) == ["Observation/o1"], name
    assert "entry" not in api("GET", "Observation?subject=http://elsewhere/fhir/Patient/amina").json


def test_metadata_tells_what_can_be_searched(api: Call) -> None:
    rest = api("GET", "metadata", who="").json["rest"][0]
    assert {"code": "search-system"} in rest["interaction"]
    by_type = {one["type"]: one for one in rest["resource"]}
    names = {param["name"]: param["type"] for param in by_type["Location"]["searchParam"]}
    assert names["near"] == "special" and names["_list"] == "reference"
    assert "Observation:subject" in by_type["Patient"]["searchRevInclude"]


def test_a_search_of_many_types_ends_in_time(api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each type is a statement of its own, and each of them may take its fifteen seconds."""
    assert api("GET", "?_type=Patient,Observation&_total=accurate").status == 200
    monkeypatch.setattr(system_searches, "LONGEST", 0.0)
    said = api("GET", "?_type=Patient,Observation&_total=accurate")
    assert said.status == 503
    assert "too long" in said.json["issue"][0]["diagnostics"]


def test_long_words_are_not_kept(api: Call) -> None:
    """Links repeat what was asked; what is quoted for them is kept for the next time, if it is short."""
    before = queries._quoted_before.cache_info().currsize
    said = api(
        "POST", "Patient/_search", b"name=" + b"%C3%A9" * 5000, media="application/x-www-form-urlencoded"
    )
    assert said.status == 200
    assert "%C3%A9" * 5000 in said.json["link"][0]["url"]
    assert queries._quoted_before.cache_info().currsize <= before + 1  # the name of the parameter
