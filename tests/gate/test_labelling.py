"""What is sensitive gets its label when it arrives, and what a patient keeps stays kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from rapport.fhir.labels import ACT_CODE, is_private, with_privacy
from rapport.gate import labelling
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from tests.personas import AMINA, arrive

ICD = "http://hl7.org/fhir/sid/icd-10"


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path) -> Any:
    before = labelling._place[0]
    labelling.use_folder(tmp_path)
    yield tmp_path
    labelling._place[0] = before
    labelling.table.cache_clear()


def condition(code: str, system: str = ICD) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "subject": {"reference": AMINA},
        "code": {"coding": [{"system": system, "code": code}]},
    }


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("F32.1", {"MH"}), ("F10.2", {"ETHUD"}), ("F11", {"SUD"}), ("F17.2", {"TBOO"}), ("B20", {"HIV"}),
        ("A54.9", {"STD"}), ("Z30.0", {"SEX"}), ("Z33", {"PREGNANT"}), ("T74.1", {"VIO"}),
        ("Q90", {"GDIS"}), ("D57.0", {"SICKLE"}), ("I50", set()), ("", set()),
    ],
)  # fmt: skip
def test_the_longest_beginning_counts(code: str, label: set[str]) -> None:
    assert labelling.labels_of(condition(code)) == label


def test_codes_of_another_system_mean_nothing() -> None:
    assert labelling.labels_of(condition("F32.1", "urn:ours")) == frozenset()
    for broken in ({"code": 3}, {"code": {"coding": "F32"}}, {"reasonCode": {}}):
        assert labelling.labels_of(broken) == frozenset()


def test_a_site_has_a_table_of_its_own(shipped: Path) -> None:
    (shipped / "labels.toml").write_text(
        f'[hiv]\nlabel = "HIV"\n[heart]\nlabel = "CEL"\n[heart.codes]\n"{ICD}" = ["I5*"]\n'
    )
    labelling.table.cache_clear()
    assert labelling.labels_of(condition("B20")) == frozenset()  # switched off
    assert labelling.labels_of(condition("I50")) == {"CEL"}
    (shipped / "labels.toml").write_text('[hiv]\nlabel = "NONSENSE"\n')
    labelling.table.cache_clear()
    with pytest.raises(ValueError, match="hiv"):
        labelling.table()


def test_it_is_stored_with_the_label_whoever_brings_it(conn: Connection[Any]) -> None:
    people = arrive(conn)
    for number, actor in enumerate((people.dara, people.program, Actor.system("import"))):
        door = Door(conn, actor)
        raw = json.dumps(condition("B20")).replace('"B20"', '"B20"  ').encode()
        stored = door.create(raw, rid=f"brought-{number}").json
        assert stored["meta"]["security"] == [{"system": ACT_CODE, "code": "HIV"}]
    with_one = {**condition("B20"), "meta": {"security": [{"system": ACT_CODE, "code": "HIV"}]}}
    assert len(Door(conn, people.dara).create(with_one).json["meta"]["security"]) == 1


def test_numbers_stay_as_they_were_written(conn: Connection[Any]) -> None:
    people = arrive(conn)
    raw = b"""{"resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/amina"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "25836-8"}]},
        "valueQuantity": {"value": 2.00}}"""
    assert b"2.00" in Door(conn, people.program).create(raw).body


def test_what_is_kept_private_stays_so_when_it_is_written_anew(conn: Connection[Any]) -> None:
    """An EHR that knows nothing of the label sends its version again."""
    people = arrive(conn)
    Door(conn, people.dara).create({**condition("I50"), "id": "heart"}, rid="heart")
    own = Door(conn, Actor.system("circle"))
    own.update(with_privacy(own.read("Condition", "heart").json, True))
    Door(conn, people.program).update({**condition("I50"), "id": "heart"})
    assert is_private(own.read("Condition", "heart").json)
    own.update(with_privacy(own.read("Condition", "heart").json, False))
    Door(conn, people.program).update({**condition("I50"), "id": "heart"})
    assert not is_private(own.read("Condition", "heart").json)
