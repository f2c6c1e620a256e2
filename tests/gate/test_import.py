"""Import takes a bundle whole or not at all, says what it refused and where; the same again is left alone."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from psycopg import Connection

from rapport.fhir.keys import resource_key
from rapport.fhir.outcomes import Refused
from rapport.gate import guards
from rapport.gate import sources as packed
from rapport.gate.actor import Actor
from rapport.gate.importing import Counts, Import
from rapport.gate.sources import Source, Unreadable, sources

Json = dict[str, Any]
NPI = "http://hl7.org/fhir/sid/us-npi"
SYNTHEA = Path(__file__).parents[3] / "shared/data/synthea/synthea-small.tar.gz"


def bundle(kind: str, *entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def post(body: Json, full_url: str = "", if_none_exist: str = "") -> Json:
    request = {"method": "POST", "url": body["resourceType"]}
    if if_none_exist:
        request["ifNoneExist"] = if_none_exist
    return {**({"fullUrl": full_url} if full_url else {}), "resource": body, "request": request}


def practitioner(number: str) -> Json:
    return {"resourceType": "Practitioner", "identifier": [{"system": NPI, "value": number}]}


def visit(number: int, doctor: str) -> Json:
    """A patient and what refers to them, as Synthea writes it."""
    who = f"urn:uuid:0000000{number}-0000-4000-8000-000000000000"
    seen = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "weight"},
        "subject": {"reference": who},
        "performer": [{"reference": doctor}],
        "valueQuantity": {"value": 70.00},
    }
    return bundle("transaction", post({"resourceType": "Patient", "gender": "female"}, who), post(seen))


SHARED = bundle("batch", *(post(practitioner(str(n)), "", f"identifier={NPI}|{n}") for n in range(3)))
FILES: dict[str, Json] = {
    "set/a/000-doctors.json": SHARED,
    "set/a/one.json": visit(1, f"Practitioner?identifier={NPI}|1"),
    "set/a/two.json": visit(2, f"Practitioner?identifier={NPI}|2"),
    "set/b/plain.json": bundle("transaction", post(practitioner("1")), post(practitioner("9"))),
}


@pytest.fixture
def door(conn: Connection[Any]) -> Import:
    return Import(conn, Actor.system("import"), "HOPERAT", source="import")


def lay(place: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return place


def take(door: Import, *paths: Path) -> Counts:
    counts = Counts()
    for source in sources(paths):
        door.take(source, counts)
    return counts


def count(conn: Connection[Any], table: str = "resource") -> int:
    [row] = conn.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(row[0])


def tar(path: Path, files: dict[str, Json]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            raw = json.dumps(content).encode()
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return path


def zipped(path: Path, files: dict[str, Json]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, json.dumps(content))
    return path


WAYS: dict[str, Callable[[Path], Path]] = {
    "directory": lambda place: lay(place, FILES) / "set",
    "tar": lambda place: tar(place / "set.tar.gz", FILES),
    "tar in no order": lambda place: tar(place / "set.tgz", dict(reversed(FILES.items()))),
    "zip": lambda place: zipped(place / "set.zip", dict(reversed(FILES.items()))),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_set_is_taken_in_order_however_it_is_packed(
    door: Import, conn: Connection[Any], tmp_path: Path, way: str
) -> None:
    path = WAYS[way](tmp_path)
    counts = take(door, path)
    assert counts.refusals == []
    assert (counts.stored, counts.unchanged, counts.refused, counts.bundles) == (9, 0, 0, 4)
    assert count(conn) == 9
    again = take(door, path)
    assert (again.stored, again.unchanged, again.refused) == (0, 9, 0)
    assert count(conn) == 9 and count(conn, "history") == 0


def test_references_mean_what_they_meant(door: Import, tmp_path: Path) -> None:
    take(door, lay(tmp_path, FILES))
    [seen] = door.search("Observation", f"performer:Practitioner.identifier={NPI}|2").matches
    [who] = door.search("Patient", [("_has:Observation:patient:_id", seen.rid)]).matches
    assert seen.json["subject"]["reference"] == who.ref
    assert b"70.0" in seen.body


def test_the_same_condition_in_one_batch_makes_one(
    door: Import, conn: Connection[Any], tmp_path: Path
) -> None:
    found = post(practitioner("5"), "", f"identifier={NPI}|5")
    counts = take(
        door, lay(tmp_path, {"000.json": SHARED, "more.json": bundle("batch", SHARED["entry"][0], found)})
    )
    assert (counts.stored, counts.unchanged, counts.refused) == (4, 1, 0)


def test_an_ambiguous_reference_refuses_that_bundle_alone(
    door: Import, conn: Connection[Any], tmp_path: Path
) -> None:
    """The copies come first: a conditional reference then means two, and nothing of that bundle is kept."""
    place = lay(tmp_path, FILES)
    order = ["set/a/000-doctors.json", "set/b/plain.json", "set/a/one.json", "set/a/two.json"]
    counts = take(door, *(place / name for name in order))
    [refusal] = counts.refusals
    assert (refusal.file, refusal.place) == (str(place / "set/a/one.json"), "entry 1")
    assert "More than one resource fits" in refusal.reason and f"{NPI}|1" in refusal.reason
    assert door.search("Patient", "_summary=count").total == 1
    assert (counts.stored, counts.refused) == (7, 2)


BROKEN: dict[str, tuple[bytes | Json, str, str]] = {
    # name: content, place, part of the reason
    "not-json.json": (b"{", "", "can't be read"),
    "not-utf8.json": (b'{"resourceType":"Bundle","type":"\xff"}', "", "can't be read"),
    "not-fhir.json": (b"[1,2]", "", "can't be read"),
    "no-type.json": ({"id": "1"}, "", "can't be read"),
    "strange.json": ({"resourceType": "Spaceship", "id": "1"}, "", "Spaceship"),
    "no-request.json": (bundle("transaction", {"resource": practitioner("1")}), "entry 0", "no request"),
    "bad-method.json": (
        bundle(
            "transaction", {"request": {"method": "FLY", "url": "Patient"}, "resource": practitioner("1")}
        ),
        "entry 0",
        "FLY",
    ),
    "invalid.json": (
        bundle("transaction", post(practitioner("1")), post({"resourceType": "Patient", "gender": "cat"})),
        "entry 1",
        "gender",
    ),
    "dangling.json": (visit(3, "urn:uuid:11111111-0000-4000-8000-000000000000"), "entry 1", "11111111"),
    "nobody.json": (visit(3, f"Practitioner?identifier={NPI}|404"), "entry 1", "404"),
    "cut.json.gz": (gzip.compress(json.dumps(SHARED).encode())[:-20], "", "can't be read"),
    "cut.tar.gz": (b"\x1f\x8b not a tar", "", "can't be read"),
    "cut.zip": (b"PK not a zip", "", "can't be read"),
    "words.txt": (b"hello", "", "no .json"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_refused_with_its_place_and_the_rest_goes_on(
    door: Import, conn: Connection[Any], tmp_path: Path, name: str
) -> None:
    content, place, reason = BROKEN[name]
    lay(tmp_path, {name: content, "good.json": SHARED})
    counts = take(door, tmp_path / name, tmp_path / "good.json")
    [refusal] = counts.refusals
    assert refusal.file == str(tmp_path / name)
    assert refusal.place == place and reason in refusal.reason, str(refusal)
    assert (counts.stored, count(conn)) == (3, 3)


def test_a_missing_file_is_said(door: Import, tmp_path: Path) -> None:
    [refusal] = take(door, tmp_path / "nothing.json").refusals
    assert "No such file" in refusal.reason


def test_what_is_no_request_is_stored_under_its_id(door: Import, tmp_path: Path) -> None:
    kept = {"resourceType": "Patient", "id": "amina", "gender": "female"}
    entry = {"fullUrl": "http://elsewhere/fhir/Patient/amina", "resource": kept}
    counts = take(
        door, lay(tmp_path, {"a.json": bundle("collection", entry), "b.json": {**kept, "gender": "other"}})
    )
    assert (counts.stored, counts.refused) == (2, 0)
    record = door.read("Patient", "amina")
    assert (record.vid, record.json["gender"]) == (2, "other")


def _line(rid: str, gender: str = "female") -> bytes:
    return json.dumps({"resourceType": "Patient", "id": rid, "gender": gender}).encode()


def test_lines_are_told_one_by_one(door: Import, conn: Connection[Any], tmp_path: Path) -> None:
    lines = [_line("a"), b"", _line("b", "cat"), b"{", _line("c")]
    path = lay(tmp_path, {"people.ndjson": b"\n".join(lines) + b"\n"}) / "people.ndjson"
    counts = take(door, path)
    assert (counts.stored, counts.unchanged, counts.refused) == (2, 0, 2)
    assert sorted((one.place, "gender" in one.reason) for one in counts.refusals) == [
        ("line 3", True),
        ("line 4", False),
    ]
    lines[2] = _line("b", "male")
    path.write_bytes(b"\r\n".join(lines))
    mended = take(door, path)
    assert (mended.stored, mended.unchanged, mended.refused) == (1, 2, 1)
    assert count(conn) == 3


def test_many_lines_are_taken_together(door: Import, conn: Connection[Any], tmp_path: Path) -> None:
    path = tmp_path / "people.ndjson.gz"
    path.write_bytes(gzip.compress(b"\n".join(_line(f"p{number}") for number in range(1200))))
    counts = take(door, path)
    assert (counts.stored, counts.bundles, counts.refusals) == (1200, 3, [])
    assert count(conn, "imported") == 3
    again = take(door, path)
    assert (again.stored, again.unchanged) == (0, 1200)


def test_a_stopped_import_goes_on_where_it_was(door: Import, conn: Connection[Any], tmp_path: Path) -> None:
    place = lay(tmp_path, FILES)
    files = list(sources([place]))
    counts = Counts()

    def pulled() -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        for source in [*files[:2], Source("pulled", pulled)]:
            assert not isinstance(source, Unreadable)
            door.take(source, counts)
    assert counts.stored == 5
    rest = take(door, place)
    assert (rest.stored, rest.unchanged) == (4, 5) and count(conn) == 9


@pytest.mark.parametrize("way", ["gz", "zip", "tar", "tar out of order", "gz in zip"])
def test_what_would_unpack_to_too_much_is_refused_alone(
    door: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(packed, "LARGEST", 10_000)
    large = {**SHARED, "language": " " * 10_000}
    if way == "gz":
        path = lay(tmp_path, {"a.json": SHARED, "b.json.gz": _squeezed(large)})
    elif way == "gz in zip":
        path = tmp_path / "set.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.json", json.dumps(SHARED))
            archive.writestr("b.json.gz", _squeezed(large))
    else:
        names = ("b.json", "a.json") if way == "tar out of order" else ("a.json", "b.json")
        files = {name: large if name == "b.json" else SHARED for name in names}
        path = zipped(tmp_path / "set.zip", files) if way == "zip" else tar(tmp_path / "set.tar.gz", files)
    counts = take(door, path)
    assert counts.stored and counts.refused == 1
    assert "unpacks to more than" in counts.refusals[0].reason and "b.json" in counts.refusals[0].file


def _squeezed(content: Json) -> bytes:
    return gzip.compress(json.dumps(content).encode())


def test_a_damaged_file_is_refused_alone(door: Import, tmp_path: Path) -> None:
    whole = _squeezed(SHARED)
    broken = whole[:20] + bytes(byte ^ 0xFF for byte in whole[20:60]) + whole[60:]
    counts = take(door, lay(tmp_path, {"a.json.gz": broken, "b.json": SHARED}))
    assert (counts.stored, counts.refused) == (3, 1)


def test_guards_hold_for_imports_too(door: Import, conn: Connection[Any], tmp_path: Path) -> None:
    def judge(door: Any, before: Json | None, after: Json | None) -> None:
        raise Refused("rule", "Not like this.")

    guards.register(
        guards.Guard("no-observations", lambda body: body["resourceType"] == "Observation", judge)
    )
    counts = take(door, lay(tmp_path, FILES))
    assert [one.place for one in counts.refusals] == ["entry 1", "entry 1"]
    assert {one.reason for one in counts.refusals} == {"Not like this."}
    assert door.search("Patient", "_summary=count").total == 0


def test_an_import_is_audited_by_its_name(door: Import, conn: Connection[Any], tmp_path: Path) -> None:
    take(door, lay(tmp_path, FILES) / "set/a/000-doctors.json")
    rows = conn.execute("SELECT ref, source, outcome::text, cardinality(entities) FROM audit").fetchall()
    assert ("Device/rapport-import", "import", "0", 3) in rows


@pytest.fixture
def command(own_database: str, django_db_blocker: Any, capsys: Any) -> Callable[..., tuple[int, str, str]]:
    """Run the command on a database of its own: exit code, what it said, what it complained of."""

    def run(*words: str) -> tuple[int, str, str]:
        unblocked: AbstractContextManager[None] = django_db_blocker.unblock()
        out, err = io.StringIO(), io.StringIO()
        with unblocked, pytest.raises(SystemExit) as end:
            call_command("import", *words, stdout=out, stderr=err)
        return int(end.value.code or 0), out.getvalue(), err.getvalue()

    return run


def test_the_command_ends_with_what_happened(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    place = lay(tmp_path, FILES)
    code, said, complained = command(str(place))
    assert (code, complained) == (0, "") and said.startswith("9 stored, 0 unchanged, 0 refused")
    (tmp_path / "broken.json").write_text("{")
    code, said, complained = command(str(place), str(tmp_path / "nowhere.json"))
    assert code == 1 and "9 unchanged, 2 refused" in said
    assert "broken.json" in complained and "nowhere.json" in complained
    code, said, _ = command(str(place), "--json")
    found = json.loads(said)
    assert code == 1 and (found["stored"], found["unchanged"], found["refused"]) == (0, 9, 1)
    assert found["refusals"][0]["file"].endswith("broken.json") and found["refusals"][0]["reason"]


@pytest.mark.slow
@pytest.mark.skipif(not SYNTHEA.exists(), reason="the Synthea set is not beside this checkout")
def test_the_synthea_set_loads_whole(command: Callable[..., tuple[int, str, str]]) -> None:
    code, said, _ = command(str(SYNTHEA), "--json")
    found = json.loads(said)
    assert (code, found["stored"], found["refusals"]) == (0, 16_263, [])
    code, said, _ = command(str(SYNTHEA), "--json")
    assert (code, json.loads(said)["unchanged"]) == (0, 16_263)


def test_what_a_deadlock_ended_is_tried_again(own_database: str) -> None:
    """Somebody holds the second of two records and wants the first, which the import holds."""
    first, second = sorted(("one", "two"), key=lambda rid: resource_key("Patient", rid))
    text = [{"resourceType": "Patient", "id": rid} for rid in (first, second)]

    def given(gender: str) -> Source:
        raw = json.dumps(bundle("collection", *({"resource": {**one, "gender": gender}} for one in text)))
        return Source(f"{gender}.json", raw.encode)

    with psycopg.connect(own_database, autocommit=True) as ours, psycopg.connect(own_database) as theirs:
        door, counts = Import(ours, Actor.system("import"), "HOPERAT", source="import"), Counts()
        door.take(given("female"), counts)
        ours.execute(
            "SET deadlock_timeout = '3s'"
        )  # the import looks first, and so it is the one that is ended
        theirs.execute("SET deadlock_timeout = '20s'")
        hold = "SELECT 1 FROM resource WHERE id = %s FOR UPDATE"
        theirs.execute(hold, [resource_key("Patient", second)])
        importing = threading.Thread(target=door.take, args=(given("male"), counts))
        importing.start()
        until = time.monotonic() + 10
        waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND pid = %s"  # others wait in their databases
        while not theirs.execute(waits, [ours.info.backend_pid]).fetchone():
            assert time.monotonic() < until
        theirs.execute(hold, [resource_key("Patient", first)])  # comes when the import was ended
        theirs.commit()
        importing.join(20)
        assert (counts.stored, counts.refused, importing.is_alive()) == (4, 0, False)
        ended = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        while not (theirs.execute(ended).fetchone() or (0,))[0]:
            theirs.commit()
            assert time.monotonic() < until + 10, "there was no deadlock"
