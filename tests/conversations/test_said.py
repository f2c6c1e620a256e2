"""What people read of a question: each state has its sentence, with a name and a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from rapport.pillars.conversations.contexts import said
from rapport.pillars.conversations.reading import Concern, Face, Happening, Letter, Opened, Promise

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)  # a Thursday
AMINA = Face("Patient/a", "Amina Haddad", "", "patient")
DARA = Face("PractitionerRole/d", "Dara Okafor", "nurse")
CHEN = Face("PractitionerRole/c", "Dr Mei Chen", "GP")
TEAM = Face("Organization/t", "Harbour Street", "", "team")


@pytest.fixture(autouse=True)
def thursday(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(said, "_now", lambda: NOW)
    with timezone.override(UTC), translation.override("en"):
        yield


def concern(**more: Any) -> Concern:
    base = Concern(
        rid="1", conversation="2", letter="3", words="Can I fly?", state="raised", patient=AMINA,
        asked_by=AMINA, team=TEAM, raised=NOW - timedelta(minutes=100), changed=NOW,
        due=NOW + timedelta(hours=6),
    )  # fmt: skip
    return replace(base, **more)


def plain(text: str) -> str:
    return str(text).replace("\u00a0", " ").replace("<b>", "").replace("</b>", "")


MONDAY = datetime(2026, 3, 16, 13, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
ANSWERED: dict[str, Any] = {
    "state": "answered",
    "answered": NOW - timedelta(minutes=20),
    "answered_by": DARA,
    "owner": DARA,
}
YOU = replace(AMINA, you=True)
PASSED = (
    Happening("taken", DARA, TUESDAY),
    Happening("passed-on", Face("", "Rapport", "", "system"), NOW, to=CHEN),
)


@pytest.mark.parametrize(
    ("more", "state", "line"),
    [
        ({}, "raised", "Nobody has it yet. Someone will by 3 pm today"),
        (
            {"state": "accepted", "owner": CHEN, "due": MONDAY},
            "accepted",
            "Dr Mei Chen, GP, has it. Answer by Monday 16 March, 1 pm",
        ),
        (ANSWERED, "answered", "Answered. Waiting for Amina’s yes"),
        (ANSWERED | {"patient": YOU, "asked_by": YOU}, "waiting", "Answered. Waiting for your yes"),
        (
            {"state": "reopened", "owner": DARA, "due": MONDAY},
            "reopened",
            "Open again. Dara Okafor, nurse, has it. Answer by Monday 16 March, 1 pm",
        ),
        ({"state": "heard", "ended": TUESDAY, "ended_by": YOU}, "heard", "Heard. You said so on Tuesday"),
        ({"state": "heard", "ended": NOW, "ended_by": AMINA}, "heard", "Heard. Amina said so today"),
        (
            {"state": "closed", "reason": "asked-us", "ended": NOW, "ended_by": DARA, "patient": YOU},
            "closed",
            "Closed: you asked us to. Dara Okafor, nurse, today",
        ),
        (
            {"state": "closed", "reason": "other", "reason_words": "She moved."},
            "closed",
            "Closed: She moved.",
        ),
        ({"late": True, "due": TUESDAY}, "late", "Late. Nobody has it yet. It was due Tuesday, 9 am."),
        (
            {"late": True, "due": TUESDAY, "owner": CHEN, "passed_to": CHEN, "state": "accepted"},
            "late",
            "Late. Passed on to Dr Mei Chen, GP. It was due Tuesday, 9 am.",
        ),
    ],
)
def test_what_the_patient_reads(more: dict[str, Any], state: str, line: str) -> None:
    found = said.to_patient(concern(**more))
    assert (found.state, plain(found.line)) == (state, line)


@pytest.mark.parametrize(
    ("more", "state", "bold", "rest"),
    [
        ({}, "raised", "Take by 3 pm today", "Waited 1 hour 40 min."),
        ({"stat": True}, "urgent", "Ring Amina now", "Marked urgent. Waited 1 hour 40 min."),
        (
            {"state": "accepted", "owner": replace(DARA, you=True), "due": MONDAY},
            "accepted",
            "Answer by Monday 16 March, 1 pm",
            "You have it.",
        ),
        (
            {"state": "accepted", "owner": DARA, "covered": True},
            "accepted",
            "Answer by 3 pm today",
            "Dara has it; you stand in.",
        ),
        (
            {"late": True, "due": NOW - timedelta(hours=2), "state": "accepted", "happened": PASSED,
             "owner": replace(CHEN, you=True), "passed_to": replace(CHEN, you=True)},
            "late",
            "Late by 2 hours",
            "Was with Dara Okafor. Passed on to you.",
        ),
        (ANSWERED, "answered", "Waiting for Amina", "Dara answered today at 8.40 am"),
        (
            ANSWERED | {"no_reply": True},
            "answered",
            "Waiting for Amina",
            "No reply for a long time. You may close it.",
        ),
        (
            {"state": "reopened", "owner": DARA},
            "reopened",
            "Answer by 3 pm today",
            "Open again. Dara Okafor, nurse, has it.",
        ),
    ],
)  # fmt: skip
def test_what_the_team_reads(more: dict[str, Any], state: str, bold: str, rest: str) -> None:
    found = said.to_staff(concern(**more))
    assert (found.state, plain(found.bold), plain(found.rest)) == (state, bold, rest)


def test_names_are_escaped_where_the_bold_is_markup() -> None:
    evil = said.to_patient(concern(state="accepted", owner=Face("x", "<script>", "<i>"), due=MONDAY))
    assert "<script>" not in str(evil.rest)


def test_who_read_a_letter() -> None:
    letter = Letter("1", AMINA, TUESDAY, "…")
    assert said.read_by(letter) == "Not opened yet"
    many = tuple(Opened(Face(str(n), f"Nurse {n}", "nurse"), TUESDAY) for n in range(6))
    shown = plain(said.read_by(replace(letter, opened=many)))
    assert shown.startswith("Read by Nurse 0, nurse, Tuesday, 9 am") and shown.endswith("and 2 more")


def test_a_promise_has_a_name_and_a_time() -> None:
    promise = Promise("1", "2", "I ring you", DARA, AMINA, MONDAY, "open")
    found = said.promise(promise, staff=False)
    assert plain(found.line) == "Monday 16 March, 1 pm. Promised by Dara Okafor, nurse"
    late = said.promise(replace(promise, due=TUESDAY, late=True), staff=False)
    assert late.state == "late" and "Late. It was for" in late.bold


@pytest.mark.parametrize(
    "code", ["taken", "handed-over", "passed-on", "answered", "not-yet", "closed", "reminded", "urgent"]
)
def test_each_step_is_a_sentence(code: str) -> None:
    found = said.happened(Happening(code, DARA, TUESDAY, "She knows best.", CHEN))
    assert found.what and found.words == "She knows best." and plain(found.when) == "Tuesday, 9 am"


def test_a_name_that_runs_right_to_left_turns_nothing_around_it() -> None:
    """ "Read by NAME, 8.40 am": without isolation the time would move to the other side of the name."""
    amal = Face("Practitioner/amal", "Dr أمل منصور", "nurse")
    for said_of in (said.named(amal), said.has_it(amal), said.called(replace(amal, name="أمل منصور"))):
        name = said_of.partition("\N{FIRST STRONG ISOLATE}")[2].partition("\N{POP DIRECTIONAL ISOLATE}")
        assert "أمل" in name[0] and name[1]
    assert said.named(DARA) == "Dara Okafor, nurse"  # nothing is added where nothing turns
    assert said.isolated("%(who)s wrote: %(title)s", who="أمل", title="<b>") == (
        "<bdi>أمل</bdi> wrote: <bdi>&lt;b&gt;</bdi>"
    )
