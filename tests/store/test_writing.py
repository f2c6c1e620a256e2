"""Versions are kept, index rows follow exactly, and of two writers of one version one is refused."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from rapport.fhir import labels
from rapport.fhir.keys import resource_key
from rapport.fhir.outcomes import Refused
from rapport.store import reading, writing
from rapport.store.records import NOTHING, Filter
from tests.store.make import (
    carried,
    change,
    creation,
    current,
    deletion,
    expected_rows,
    index_rows,
    observation,
    patient,
    store,
    task,
)

Conn = Connection[Any]


def test_create_keeps_the_text_and_tells_the_version(conn: Conn) -> None:
    body = observation("o1", "amina")
    raw = (
        b'{"resourceType":"Observation","status":"final","valueQuantity":{"value":2.00},'
        b'"subject":{"reference":"Patient/amina"},"code":{"text":"x"}}'
    )
    [record] = writing.write(conn, [writing.Write(raw, {**body, "valueQuantity": {"value": 2.0}}, "o1")])
    assert b'"value":2.00' in record.body
    assert (record.ref, record.vid, record.deleted) == ("Observation/o1", 1, False)
    assert record.patient == resource_key("Patient", "amina")
    assert record.json["id"] == "o1" and record.json["meta"]["versionId"] == "1"
    assert current(conn, "Observation/o1") == record


def test_a_patient_owns_itself_under_the_id_that_was_allotted(conn: Conn) -> None:
    body = patient("what-the-client-said")
    [record] = writing.write(conn, [writing.Write(creation(body).raw, body, "allotted")])
    assert record.patient == record.id == resource_key("Patient", "allotted")


def test_update_counts_up_and_keeps_the_past(conn: Conn) -> None:
    [first] = store(conn, patient("amina"))
    [second] = writing.write(conn, [change(patient("amina", "Nasser"), first)])
    assert (second.vid, second.seq > first.seq, second.updated > first.updated) == (2, True, True)
    assert [record.vid for record in reading.history(conn, first.id)] == [2, 1]
    assert reading.vread(conn, first.id, 1) == first
    assert reading.vread(conn, first.id, 3) is None


def test_delete_leaves_a_deletion_that_can_be_undone(conn: Conn) -> None:
    [first] = store(conn, observation("o1", "amina"))
    [gone] = writing.write(conn, [deletion(first)])
    assert (gone.deleted, gone.body, gone.vid, gone.patient) == (True, b"", 2, first.patient)
    assert not any(index_rows(conn, first.id).values())
    [again] = writing.write(conn, [change(observation("o1", "amina"), gone)])
    assert (again.deleted, again.vid) == (False, 3)
    assert index_rows(conn, first.id) == expected_rows(observation("o1", "amina"))


def test_what_is_there_is_not_created_again(conn: Conn) -> None:
    store(conn, patient("amina"))
    with pytest.raises(Refused) as refused:
        store(conn, patient("bilal"), patient("amina"))
    assert refused.value.code == "conflict" and "Patient/amina" in refused.value.text


@pytest.mark.parametrize("count", [1, 5, writing.MANY + 5])
def test_many_are_created_as_one_is(conn: Conn, count: int) -> None:
    bodies = [
        observation(f"o{number}", f"p{number % 3}", at=f"2024-05-{number % 28 + 1:02}")
        for number in range(count)
    ]
    bodies[0] |= {"valueQuantity": {"value": 2, "unit": "cm"}, "note": [{"text": "ü \U0001f600"}]}
    records = store(conn, *bodies)
    assert [record.rid for record in records] == [body["id"] for body in bodies]
    assert sorted(record.seq for record in records) == [record.seq for record in records]
    for record, body in zip(records, bodies, strict=True):
        assert current(conn, record.ref) == record
        assert index_rows(conn, record.id) == expected_rows(body)
        assert len(carried(conn, record.id)) == 1


def test_nothing_takes_the_place_of_another(conn: Conn) -> None:
    [first] = store(conn, patient("amina"))
    for body, rid in ((patient("amina"), "bilal"), (observation("amina", "amina"), "amina")):
        with pytest.raises(Refused) as refused:
            writing.write(conn, [writing.Write(creation(body).raw, body, rid, first)])
        assert refused.value.code == "conflict"


def test_copy_refuses_what_is_there(conn: Conn) -> None:
    store(conn, patient("p7"))
    with pytest.raises(Refused, match="Patient/p7"):
        store(conn, *(patient(f"p{number}") for number in range(writing.MANY)))
    with pytest.raises(Refused, match="Patient/twice"):
        store(
            conn,
            *(patient(f"q{number}") for number in range(writing.MANY)),
            patient("twice"),
            patient("twice"),
        )


def test_a_stale_change_is_refused_and_changes_nothing(conn: Conn) -> None:
    [first] = store(conn, patient("amina"))
    [second] = writing.write(conn, [change(patient("amina", "Nasser"), first)])
    with pytest.raises(Refused) as refused, conn.transaction():
        writing.write(conn, [change(patient("amina", "Lost"), first)])
    assert refused.value.code == "stale"
    assert current(conn, "Patient/amina") == second
    assert index_rows(conn, first.id) == expected_rows(patient("amina", "Nasser"))


def test_moving_to_another_patient_moves_every_row(conn: Conn) -> None:
    [first] = store(conn, observation("o1", "amina"))
    [second] = writing.write(conn, [change(observation("o1", "bilal", at="2020-01-01"), first)])
    assert second.patient == resource_key("Patient", "bilal")
    assert carried(conn, first.id) == {(second.patient, datetime(2020, 1, 1, tzinfo=UTC), 0)}
    assert index_rows(conn, first.id) == expected_rows(observation("o1", "bilal", at="2020-01-01"))


def test_a_new_label_is_on_every_row_and_hides_the_past(conn: Conn) -> None:
    [first] = store(conn, observation("o1", "amina"))
    system, code = labels.STAFF_ONLY
    hidden = observation("o1", "amina", meta={"security": [{"system": system, "code": code}]})
    [second] = writing.write(conn, [change(hidden, first)])
    assert second.sens == labels.STAFF
    assert {row[2] for row in carried(conn, first.id)} == {labels.STAFF}
    open_only = Filter("{t}.sens = 0")
    assert reading.vread(conn, first.id, 1, open_only) is None
    assert reading.history(conn, first.id, open_only) == []


def test_filters_hide(conn: Conn) -> None:
    records = store(conn, patient("amina"), patient("eve"))
    mine = Filter("{t}.patient = %(me)s", {"me": records[0].id})
    assert reading.read(conn, [record.id for record in records], mine) == [records[0]]
    assert reading.read(conn, [records[0].id], NOTHING) == []
    assert [record.rid for record in reading.history_of_type(conn, "Patient", mine)] == ["amina"]


def test_history_of_a_type_pages_without_gap_or_double(conn: Conn) -> None:
    records = store(conn, *(patient(f"p{number}") for number in range(5)))
    for record in records[:3]:
        records += writing.write(conn, [change(patient(record.rid, "New"), record)])
    records += writing.write(conn, [deletion(records[-1])])
    seen: list[tuple[str, int]] = []
    until = None
    while page := reading.history_of_type(conn, "Patient", window=reading.Window(2, until=until)):
        seen += [(record.rid, record.vid) for record in page]
        until = (page[-1].updated, page[-1].seq)
    assert sorted(seen) == sorted((record.rid, record.vid) for record in records)
    since = records[5].updated
    newer = reading.history_of_type(conn, "Patient", window=reading.Window(since=since))
    assert {record.seq for record in newer} == {record.seq for record in records if record.updated >= since}


def test_reindex_restores_lost_rows(conn: Conn) -> None:
    [record] = store(conn, observation("o1", "amina"))
    conn.execute("DELETE FROM index_token")
    conn.execute("UPDATE index_ref SET patient = 0")
    writing.reindex(conn, [record])
    assert index_rows(conn, record.id) == expected_rows(record.json)
    assert len(carried(conn, record.id)) == 1


def test_long_and_strange_texts_are_indexed(conn: Conn) -> None:
    names = [{"family": "é" * 5000}, {"family": "\x00a\x00"}, {"family": "\U0001f600" * 700}]
    store(conn, patient("amina", name=names), patient("bilal", implicitRules="http://x/" + "ü" * 3000))


# ---------------------------------------------------------------- properties

families = st.sampled_from(["Haddad", "Nasser", "Çelik", "O'Neil"])
bodies = st.builds(
    lambda family, birth, city, owner, code: [
        patient("x", family, birthDate=birth, address=[{"city": city}]),
        observation("x", owner, code, birth),
    ],
    families,
    st.dates().map(str),
    families,
    st.sampled_from(["amina", "bilal"]),
    st.sampled_from(["1", "2", "3"]),
)
steps = st.lists(st.one_of(st.none(), bodies), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.integers(0, 1), plan=steps)
def test_history_replays_to_the_present(conn: Conn, kind: int, plan: list[Any]) -> None:
    """After any changes the rows are those of the last body, and every version can be read as it was."""
    with conn.transaction(force_rollback=True):
        record, written = None, []
        for step in plan:
            if step is None:
                if record is None or record.deleted:
                    continue
                [record] = writing.write(conn, [deletion(record)])
            elif record is None:
                [record] = store(conn, step[kind])
            else:
                [record] = writing.write(conn, [change(step[kind], record)])
            written.append(record)
        if record is None:
            return
        assert reading.history(conn, record.id) == written[::-1]
        assert [reading.vread(conn, record.id, version.vid) for version in written] == written
        fresh = {} if record.deleted else record.json
        held = index_rows(conn, record.id)
        assert held == (expected_rows(fresh) if fresh else {kind: set() for kind in held})
        if fresh:
            assert len(carried(conn, record.id)) == 1


# ---------------------------------------------------------------- several writers


def test_of_concurrent_changes_one_wins_each_version(own_database: str) -> None:
    """Eight writers read and change one task; each accepted change made one version, none was lost."""
    with psycopg.connect(own_database, autocommit=True) as conn:
        store(conn, task("t", "Practitioner/0"))
    won: list[int] = []
    refused: list[str] = []

    def work(number: int) -> None:
        with psycopg.connect(own_database, autocommit=True) as own:
            for turn in range(10):
                try:
                    with own.transaction():
                        before = current(own, "Task/t")
                        assert before is not None
                        body = task("t", f"Practitioner/{number}", authoredOn=f"2024-01-{turn + 1:02}")
                        won.append(writing.write(own, [change(body, before)])[0].vid)
                except Refused as stale:
                    refused.append(stale.code)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(won) == list(range(2, len(won) + 2))
    assert set(refused) <= {"stale"} and len(won) + len(refused) == 80
    with psycopg.connect(own_database) as conn:
        record = current(conn, "Task/t")
        assert record is not None and record.vid == len(won) + 1
        assert [version.vid for version in reading.history(conn, record.id)] == list(range(record.vid, 0, -1))
        assert index_rows(conn, record.id) == expected_rows(record.json)


def test_of_concurrent_creations_one_wins(own_database: str) -> None:
    start = threading.Barrier(4)
    outcomes: list[str] = []

    def work(count: int) -> None:
        with psycopg.connect(own_database, autocommit=True) as own:
            start.wait(30)
            try:
                with own.transaction():
                    store(own, *(patient(f"p{number}") for number in range(count)))
                outcomes.append("stored")
            except Refused as taken:
                outcomes.append(taken.code)

    threads = [threading.Thread(target=work, args=(count,)) for count in (3, 3, writing.MANY, writing.MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes.count("stored") == 1 and outcomes.count("conflict") == 3
