"""Forms come from a file or a FHIR package, once the site accepted their terms; others are refused."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.screens import finding
from rapport.pillars.screens.shapes.instruments import INSTRUMENTS
from rapport.pillars.screens.shapes.packs import Pack, faults, read_pack
from tests.personas import People
from tests.screens.forms import CARER, ORDINAL, WEEK, blank, sample


def packs() -> dict[str, Pack]:
    door = Door(connection.connection, Actor.system("tests"))
    return {one.instrument.key: one for one in finding.packs(door)}


def write(place: Path, body: Any) -> str:
    file = place / "form.json"
    file.write_text(json.dumps(body), "utf-8")
    return str(file)


def test_a_file_is_installed_with_its_languages(people: People, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="Not a validated instrument"):
        call_command("content", "add", str(WEEK))
    assert not packs()
    call_command("content", "add", str(WEEK), "--accept")
    call_command("content", "add", str(WEEK), "--accept")  # the same again is the same
    assert "urn:rapport:sample:sample|1  sample  en, es, fr" in capsys.readouterr().out
    pack = packs()["sample"]
    assert [one.item for one in pack.questions] == list(INSTRUMENTS["sample"].items)
    assert [option.value for option in pack.questions[3].options] == [0, 1, 2, 3]
    assert set(pack.questions[0].words) == {"en", "es", "fr"} and pack.intro[0]["fr"].startswith("Pensez")


def test_what_is_taken_out_is_offered_no_more_and_still_read(people: People) -> None:
    call_command("content", "add", str(CARER), "--accept")
    call_command("content", "remove", "urn:rapport:sample:sample-carer")
    assert not packs()
    door = Door(connection.connection, Actor.system("tests"))
    assert finding.pack_of(door, "urn:rapport:sample:sample-carer|1") is not None
    with pytest.raises(CommandError, match="There is no form"):
        call_command("content", "remove", "urn:rapport:other")
    call_command("content", "add", str(CARER), "--accept")
    assert list(packs()) == ["sample-carer"]


def test_a_package_brings_several(people: People, tmp_path: Path) -> None:
    place = tmp_path / "pack.tgz"
    with tarfile.open(place, "w:gz") as archive:
        files = {"package.json": {"name": "our.forms", "version": "2.0"}}
        files |= {f"{key}.json": blank(key) for key in ("phq-9", "gad-7", "asq")}
        files["other.json"] = {"resourceType": "Questionnaire", "url": "urn:x", "status": "active"}
        for name, body in files.items():
            raw = json.dumps(body).encode()
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    call_command("content", "add", str(place), "--accept", "--json")
    assert sorted(packs()) == ["asq", "gad-7", "phq-9"]
    tags = Door(connection.connection, Actor.system("tests")).read("Questionnaire", packs()["asq"].rid)
    assert tags.json["meta"]["tag"][0]["version"] == "our.forms 2.0"


def broken(**change: Any) -> dict[str, Any]:
    return {**sample(), **change}


def without_an_item() -> dict[str, Any]:
    body = sample()
    body["item"].pop()
    return body


def worth_too_much() -> dict[str, Any]:
    body = sample()
    body["item"][1]["answerOption"][0]["extension"] = [{"url": ORDINAL, "valueDecimal": 9}]
    return body


def of_free_words() -> dict[str, Any]:
    body = sample()
    body["item"].append({"linkId": "w", "type": "text", "text": "Say more"})
    return body


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (broken(code=[{"system": "http://loinc.org", "code": "93373-9"}]), "no form that is scored here"),
        (broken(status="draft"), "not active"),
        (broken(title=""), "no title"),
        (without_an_item(), "sample-4 stands in it 0 times"),
        (worth_too_much(), "not worth 0 to 3"),
        (of_free_words(), "type text"),
        ([], "no form that is scored here"),
    ],
)
def test_what_cannot_be_scored_is_refused_with_the_place(
    people: People, tmp_path: Path, body: Any, why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("content", "add", write(tmp_path, body), "--accept")
    assert not packs()


def test_what_can_not_be_read_is_refused(people: People, tmp_path: Path) -> None:
    for name in ("not.json", "not.tgz", "absent.json"):
        if not name.startswith("absent"):
            (tmp_path / name).write_bytes(b"\x00")
        with pytest.raises(CommandError, match="can't be read"):
            call_command("content", "add", str(tmp_path / name), "--accept")


@pytest.mark.parametrize("key", list(INSTRUMENTS))
def test_every_instrument_can_be_installed(key: str) -> None:
    assert not faults(blank(key))
    pack = read_pack(blank(key))
    assert pack is not None and pack.instrument is INSTRUMENTS[key]
