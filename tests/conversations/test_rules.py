"""The pure parts: no concern is lost, clocks keep working hours, orders are total, questions are seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.people.hours import Calendar
from rapport.pillars.conversations.rules import suggest
from rapport.pillars.conversations.rules.clocks import Clocks, next_in_chain
from rapport.pillars.conversations.rules.judging import OWN_STEPS, permitted, step
from rapport.pillars.conversations.rules.lists import pressing
from rapport.pillars.conversations.rules.moves import FROM, REASONS, STAFF_REASONS, Step, part_of, take_step
from rapport.pillars.conversations.rules.raising import new
from rapport.pillars.conversations.rules.who import Who
from rapport.pillars.conversations.shapes.concerns import concern, read_concern, state_of
from rapport.pillars.conversations.shapes.events import By

WEEK = {day: ((time(8), time(18)),) for day in range(5)}
LONDON = ZoneInfo("Europe/London")
CLOCKS = Clocks(Calendar(LONDON, WEEK), 4, 16)
MONDAY = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)

AMINA = Who("patient", "Patient/amina", "Amina")
BILAL = Who("kin", "RelatedPerson/bilal", "Bilal")
GUARDIAN = Who("kin", "RelatedPerson/g", "Guardian", legal=frozenset({"Patient/amina"}))
CHEN = Who("staff", "Practitioner/chen", "Dr Chen", ("PractitionerRole/chen",), ("Organization/t",))
DARA = Who("staff", "Practitioner/dara", "Dara", ("PractitionerRole/dara",), ("Organization/t",))
EVE = Who("patient", "Patient/eve", "Eve")
PROGRAM = Who("client", "Device/p", "Program")
CLOCK = Who("system", "Device/rapport-clock", "Rapport, clock")
EVERYONE = (AMINA, BILAL, GUARDIAN, CHEN, DARA, EVE, PROGRAM, CLOCK)


def raised(at: datetime = MONDAY, **more: Any) -> dict[str, Any]:
    return concern(
        "c1",
        conversation="Communication/h",
        letter="Communication/m",
        patient="Patient/amina",
        requester=more.pop("requester", "Patient/amina"),
        team="Organization/t",
        words="Is that the tablet?",
        at=at,
        take_by=CLOCKS.take_by(at),
        answer_by=CLOCKS.answer_by(at),
        **more,
    )


codes = st.sampled_from(sorted(FROM))
steps = st.lists(
    st.tuples(
        codes,
        st.sampled_from(EVERYONE),
        st.sampled_from(["", "because"]),
        st.sampled_from([*REASONS, "", "bored"]),
        st.integers(0, 60 * 24 * 20),
    ),
    max_size=25,
)


@settings(max_examples=400, deadline=None)
@given(steps)
def test_no_sequence_of_steps_loses_a_concern(taken: list[tuple[str, Who, str, str, int]]) -> None:
    """Only the patient side's yes, or a recorded reason, ends it; an open one keeps a clock and owner."""
    task, at = raised(), MONDAY
    words, patient = read_concern(task).words, read_concern(task).patient
    for code, who, text, reason, minutes in taken:
        at += timedelta(minutes=minutes)
        before = read_concern(task)
        owner = who.positions[0] if who.positions else "PractitionerRole/chen"
        wanted = Step(code, By(*_sign(who)), at, words=text, to=(owner, who.name), letter="Communication/a",
                      reason=reason)  # fmt: skip
        try:
            permitted(wanted, before, who, at)
            becomes = take_step(task, wanted, CLOCKS)
        except Refused as refused:
            assert refused.code == "rule" and refused.next
            continue
        after = read_concern(becomes)
        assert (after.words, after.patient, after.answer_by) == (words, patient, before.answer_by)
        assert len(after.events) == len(before.events) + 1
        assert after.events[:-1] == before.events
        assert after.due is not None and after.owner and after.team
        if after.is_open:
            assert after.clock or (after.state == "answered" and after.last("silent"))
        if before.is_open and not after.is_open:
            assert code in ("confirmed", "closed") and who is not CLOCK
        if after.state == "heard" and before.state != "heard":
            assert who in (AMINA, GUARDIAN) and before.last("answered")
        if after.state == "closed" and before.state != "closed":
            assert after.reason in REASONS
            assert who.staff or after.reason == "withdrawn"
        assert who not in (EVE, PROGRAM, BILAL)
        assert (who is CLOCK) == (code in OWN_STEPS)
        assert not [issue for issue in check(becomes) if issue.severity == "error"]
        task = becomes


@settings(max_examples=300, deadline=None)
@given(steps)
def test_what_a_page_does_and_what_the_api_may_do_are_one(
    taken: list[tuple[str, Who, str, str, int]],
) -> None:
    """A step of `take_step` passes the judge of writes unchanged; who may not, is refused there too."""
    task, at = raised(), MONDAY
    for code, who, text, reason, minutes in taken:
        at += timedelta(minutes=minutes)
        owner = who.positions[0] if who.positions else "PractitionerRole/chen"
        wanted = Step(code, By(*_sign(who)), at, words=text, to=(owner, who.name), letter="Communication/a",
                      reason=reason)  # fmt: skip
        try:
            becomes = take_step(task, wanted, CLOCKS)
        except Refused:
            continue
        if who.rapport:  # Rapport's own writes are not judged again
            task = becomes if code in OWN_STEPS else task
            continue
        try:
            permitted(wanted, read_concern(task), who, at)
        except Refused:
            with pytest.raises(Refused):
                step(task, becomes, who, at, CLOCKS)
            continue
        if read_concern(task).owner == read_concern(becomes).owner and code in ("handed-over", "assigned"):
            continue  # to whom has it already: nothing
        if code == "taken" and read_concern(task).owner == owner and read_concern(task).state != "raised":
            continue
        if code == "returned" and not read_concern(task).named_owner:
            continue
        if code in ("urgent", "not-urgent") and read_concern(task).stat == read_concern(becomes).stat:
            continue
        if reason == "merged" and code == "closed":
            continue
        assert step(task, becomes, who, at, CLOCKS) == becomes
        task = becomes


def test_new_concerns_are_raised_now_by_who_wrote() -> None:
    assert new(raised(), AMINA, MONDAY, CLOCKS) == raised()
    for change, who in (
        ({"priority": "stat"}, AMINA),
        ({"requester": "Patient/eve"}, AMINA),
    ):
        with pytest.raises(Refused):
            new(raised(**change), who, MONDAY, CLOCKS)
    with pytest.raises(Refused):
        new(raised(MONDAY - timedelta(days=1)), AMINA, MONDAY, CLOCKS)
    assert new(raised(priority="stat"), DARA, MONDAY, CLOCKS)


def test_a_part_keeps_the_clock_of_the_whole() -> None:
    whole = take_step(raised(), Step("taken", By(*_sign(CHEN)), MONDAY, to=CHEN.signs), CLOCKS)
    part = read_concern(part_of(whole, "p1", "Is it?", By(*_sign(DARA)), MONDAY, number=2))
    known = read_concern(whole)
    assert (part.owner, part.state, part.due, part.answer_by) == (
        known.owner,
        "accepted",
        known.due,
        known.answer_by,
    )
    assert part.words == "Is it?" and part.part_of == ("Task/c1",) and part.clock


def _sign(who: Who) -> tuple[str, str]:
    return ("", "Rapport") if who.rapport else (who.ref, who.name)


# ---------------------------------------------------------------- clocks


def test_clocks_count_open_hours() -> None:
    friday = datetime(2026, 6, 19, 15, 0, tzinfo=UTC)  # 16:00 in London: two hours left
    assert CLOCKS.take_by(friday) == datetime(2026, 6, 22, 9, 0, tzinfo=UTC)
    assert CLOCKS.answer_by(MONDAY) == datetime(2026, 6, 17, 9, 0, tzinfo=UTC)


def test_clocks_pass_the_change_to_winter_time_and_closed_days() -> None:
    closed = {date(2026, 10, 26)}
    clocks = Clocks(Calendar(LONDON, WEEK, closed.__contains__), 4, 16)
    friday = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)  # 16:00 summer time; clocks change on Sunday
    assert clocks.take_by(friday) == datetime(
        2026, 10, 27, 10, 0, tzinfo=UTC
    )  # 10:00 winter time, Monday closed


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)))
@settings(deadline=None)
def test_due_times_are_in_open_hours_and_in_order(at: datetime) -> None:
    take, answer = CLOCKS.take_by(at), CLOCKS.answer_by(at)
    assert at < take < answer
    for due in (take, answer, CLOCKS.reopened(at)):
        local = due.astimezone(LONDON)
        assert local.weekday() < 5 and time(8) <= local.time() <= time(18)


def test_given_back_is_never_later_than_promised() -> None:
    task = take_step(raised(), Step("taken", By(*_sign(CHEN)), MONDAY, to=CHEN.signs), CLOCKS)
    late = MONDAY + timedelta(days=30)
    back = read_concern(take_step(task, Step("returned", By(*_sign(CHEN)), late, words="ill"), CLOCKS))
    assert back.state == "raised" and back.due == read_concern(task).answer_by
    assert CLOCKS.escalates(back) == CLOCKS.take_by(
        late
    )  # late already, but whoever is asked gets a fair time


def test_reminders_then_no_reply() -> None:
    at = MONDAY
    task = take_step(
        raised(), Step("answered", By(*_sign(CHEN)), at, to=CHEN.signs, letter="Communication/a"), CLOCKS
    )
    clock = By("", "Rapport")
    for days in (3, 7):
        assert read_concern(task).due == at + timedelta(days=days)
        task = take_step(task, Step("reminded", clock, at + timedelta(days=days)), CLOCKS)
    known = read_concern(task)
    assert known.due == at + timedelta(days=14)
    assert not CLOCKS.may_close_unanswered(known, at + timedelta(days=13, hours=23))
    assert CLOCKS.may_close_unanswered(known, at + timedelta(days=14))
    with pytest.raises(Refused):
        take_step(task, Step("reminded", clock, at + timedelta(days=15)), CLOCKS)
    early = Step("closed", By(*_sign(CHEN)), at + timedelta(days=13), reason="no-reply")
    with pytest.raises(Refused, match="14 days"):
        take_step(task, early, CLOCKS)


def test_the_chain_ends_with_the_lead() -> None:
    chain = ("PractitionerRole/a", "PractitionerRole/b", "PractitionerRole/lead")
    task = raised()
    assert next_in_chain(chain, read_concern(task)) == chain[0]
    assert next_in_chain(chain, read_concern(task), frozenset(chain[:2])) == chain[2]
    assert next_in_chain(chain, read_concern(task), frozenset(chain)) == chain[2]
    clock = By("", "Rapport")
    for expected in chain:
        to = next_in_chain(chain, read_concern(task))
        assert to == expected
        task = take_step(task, Step("passed-on", clock, MONDAY, to=(to, "")), CLOCKS)
    assert next_in_chain(chain, read_concern(task)) == ""
    assert read_concern(task).passed == chain and read_concern(task).state == "raised"


# ---------------------------------------------------------------- orders


@st.composite
def concerns(draw: st.DrawFn) -> Mapping[str, Any]:
    at = MONDAY + timedelta(minutes=draw(st.integers(-5000, 0)))
    task = raised(at, priority=draw(st.sampled_from(["routine", "routine", "stat"])))
    task["id"] = draw(st.text("abcdef0123456789", min_size=1, max_size=4))
    if draw(st.booleans()):
        who = draw(st.sampled_from([CHEN, DARA]))
        code = draw(st.sampled_from(["taken", "answered"]))
        task = take_step(
            task, Step(code, By(*_sign(who)), at, to=who.signs, letter="Communication/a"), CLOCKS
        )
    return task


@given(st.lists(concerns(), max_size=12, unique_by=lambda task: task["id"]), st.randoms())
@settings(deadline=None, max_examples=60)
def test_the_inbox_order_is_total_and_the_same_from_any_start(
    tasks: list[dict[str, Any]], random: Any
) -> None:
    known = [read_concern(task) for task in tasks]
    ordered = sorted(known, key=lambda one: pressing(one, MONDAY))
    random.shuffle(known)
    assert sorted(known, key=lambda one: pressing(one, MONDAY)) == ordered
    bands = [pressing(one, MONDAY)[0] for one in ordered]
    assert bands == sorted(bands)
    for one, band in zip(ordered, bands, strict=True):
        assert (band == 3) == (one.state == "answered")
        assert band != 0 or one.stat


def test_every_state_has_a_way_out() -> None:
    left = {state for states in FROM.values() for state in states}
    assert left == {"raised", "accepted", "answered", "reopened", "heard", "closed"}
    assert set(STAFF_REASONS) < set(REASONS)
    assert state_of({}) == ""


# ---------------------------------------------------------------- questions


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("Thank you, all is well.", ()),
        ("Is it me? IS IT ME?", ("Is it me?",)),
        ("I see Dr. Chen at 2.30 p.m. today. Can I eat 2.5 g of salt?", ("Can I eat 2.5 g of salt?",)),
        ("Hola, ¿puedo volar en mayo? Gracias.", ("¿puedo volar en mayo?",)),
        ("Est-ce grave ? Je dors mal.\nEt la nuit ?", ("Est-ce grave ?", "Et la nuit ?")),
        ("Really?! And “why me?” she said.", ("And “why me?”",)),
        ("??? ...", ()),
        ("I get dizzy. Is that the tablet?", ("Is that the tablet?",)),  # one worry, asked about
        (
            "I have been bleeding for three weeks. Also can I get my sick note?",
            ("I have been bleeding for three weeks.", "Also can I get my sick note?"),
        ),
        (
            "My left foot has been swollen since Monday. When is my next blood test?",
            ("My left foot has been swollen since Monday.", "When is my next blood test?"),
        ),
        ("The rash on my arm spreads. Which cream helps a rash?", ("Which cream helps a rash?",)),
        (
            "J'ai mal au ventre depuis hier. Quand est mon rendez-vous ?",
            ("J'ai mal au ventre depuis hier.", "Quand est mon rendez-vous ?"),
        ),
        ("Me preocupa el bulto en el pecho.", ("Me preocupa el bulto en el pecho.",)),
        ("J'ai mal au ventre depuis hier.", ("J'ai mal au ventre depuis hier.",)),
        ("هل هذا من الدواء؟ Is it?", ("هل هذا من الدواء؟ Is it?",)),  # its marks are all that we read of it
        ("- Can I swim?\n- Can I run?", ("Can I swim?", "Can I run?")),
    ],
)
def test_questions_seen(text: str, questions: tuple[str, ...]) -> None:
    assert suggest(text) == questions


@given(st.text(max_size=400))
def test_suggestions_are_parts_of_the_text(text: str) -> None:
    flat = " ".join(text.split())
    for words in suggest(text):
        assert words in flat
