"""My list: what is on it and when, ticking, what gets in the way, and who is told of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import site
from rapport.people.asking import at_work
from rapport.people.models import Notice
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle.shapes import Choice as Sharing
from rapport.pillars.plans import actions, reading, tasks
from rapport.pillars.plans.forms import BARRIERS, times_of
from rapport.pillars.plans.rules.days import Item, dues, medicine, tellings, timed, to_tell
from rapport.pillars.plans.shapes import days
from rapport.pillars.plans.shapes.days import Answer, Wish
from tests.conversations.pages import Browser
from tests.personas import AMINA, People

Doors = Callable[[Actor], Door]
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 6, 15)
RAMIPRIL: dict[str, Any] = {
    "resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
    "subject": {"reference": AMINA}, "medicationCodeableConcept": {"text": "Ramipril 5 mg"},
    "authoredOn": "2026-06-01",
    "dosageInstruction": [{
        "text": "one in the morning, one at night",
        "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
    }],
}  # fmt: skip
KEY = "MedicationRequest/m1@08:00"


# ---------------------------------------------------------------- when


@pytest.mark.parametrize(
    ("timing", "times"),
    [
        ({"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}}, ("08:00", "14:00", "20:00")),
        ({"repeat": {"timeOfDay": ["07:15:00", "22:00:00"]}}, ("07:15", "22:00")),
        ({"repeat": {"when": ["MORN", "HS"]}}, ("08:00", "22:00")),
        ({"code": {"coding": [{"code": "BID"}]}}, ("08:00", "20:00")),
        ({"repeat": {"frequency": 1, "period": 8, "periodUnit": "h"}}, ("08:00", "14:00", "20:00")),
        ({}, ("",)),
        ({"repeat": {"dayOfWeek": ["mon"], "timeOfDay": ["09:00:00"]}}, ("09:00",)),
        ({"repeat": {"dayOfWeek": ["tue"], "timeOfDay": ["09:00:00"]}}, ()),
        ({"repeat": {"boundsPeriod": {"end": "2026-06-14"}}}, ()),
        ({"repeat": {"boundsPeriod": {"start": "2026-06-16"}}}, ()),
    ],
)
def test_when_a_timing_falls(timing: dict[str, Any], times: tuple[str, ...]) -> None:
    assert timed(timing, MONDAY, date(2026, 6, 1)) == times


def test_every_other_day_and_every_week() -> None:
    for repeat, step in (({"period": 2, "periodUnit": "d"}, 2), ({"period": 1, "periodUnit": "wk"}, 7)):
        on = [timed({"repeat": repeat}, MONDAY + timedelta(days=n), MONDAY) != () for n in range(15)]
        assert [n for n, is_on in enumerate(on) if is_on] == list(range(0, 15, step))


def test_only_when_needed_is_on_no_list() -> None:
    needed = {**RAMIPRIL, "dosageInstruction": [{"asNeededBoolean": True, "text": "for pain"}]}
    assert medicine(needed, "x", "", MONDAY) is None


def at(day: date, local: str, zone: ZoneInfo) -> datetime:
    (due,) = dues([Item("k", "own", "x", "", (local,))], day, zone)
    assert due.when is not None and due.key == f"k@{local}"
    return due.when


def test_eight_stays_eight_when_the_clocks_change() -> None:
    for day, utc in ((date(2026, 3, 28), 7), (date(2026, 3, 29), 6), (date(2026, 10, 25), 7)):
        assert at(day, "08:00", BERLIN).astimezone(UTC).hour == utc


def test_a_time_that_is_skipped_and_one_that_comes_twice() -> None:
    assert at(date(2026, 3, 29), "02:30", BERLIN).strftime("%H:%M") == "03:30"
    twice = at(date(2026, 10, 25), "02:30", BERLIN)
    assert twice.utcoffset() == timedelta(hours=2)  # the first of the two


#: A machine that is busy is slow to make examples; that is no fault of what they are for.
PATIENT = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])


@PATIENT
@given(zones, st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(0, 23), st.sampled_from([0, 15, 30]))
def test_every_time_of_every_day_is_a_moment_of_that_day(
    zone: str, day: date, hour: int, minute: int
) -> None:
    where = ZoneInfo(zone)
    when = at(day, f"{hour:02}:{minute:02}", where)
    assert when.astimezone(UTC).astimezone(where) == when and when.date() == day
    assert (
        timedelta(0)
        <= when.replace(tzinfo=None) - datetime(day.year, day.month, day.day, hour, minute)
        <= timedelta(hours=1)
    )


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("8", ("08:00",)),
        ("20.30, 8:00", ("08:00", "20:30")),
        ("", ()),
        ("24", None),
        ("soon", None),
        ("8h15", ("08:15",)),
    ],
)
def test_times_as_people_write_them(text: str, times: tuple[str, ...] | None) -> None:
    assert times_of(text) == times


# ---------------------------------------------------------------- as FHIR


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).map(
    lambda one: f"a{one}"
)
answers = st.builds(Answer, words, words, st.just(False), st.sampled_from(sorted(BARRIERS)), words)


@PATIENT
@given(st.lists(answers, max_size=5, unique_by=lambda one: one.key), st.dates())
def test_a_day_is_read_as_it_was_written_and_is_valid(each: list[Answer], day: date) -> None:
    made = days.a_day(AMINA, "Amina", day, each, at=datetime(2026, 6, 15, tzinfo=UTC))
    assert days.read_day(made) == tuple(each) and days.day_of(made) == day
    assert check({key: value for key, value in made.items() if key != "item" or value}) == ()
    for one in each:
        assert check(days.barrier(AMINA, day, one, one.barrier)) == ()
        assert check(days.task(AMINA, day, one, at=datetime(2026, 6, 15, tzinfo=UTC))) == ()


def test_every_barrier_has_a_rule_and_the_rule_counts_days() -> None:
    assert set(tellings()) == set(BARRIERS)
    said = [MONDAY - timedelta(days=n) for n in (0, 3, 6)]
    assert to_tell("forgot", said, MONDAY) and not to_tell("forgot", said[:2], MONDAY)
    assert not to_tell("forgot", [*said[:2], MONDAY - timedelta(days=7)], MONDAY)
    assert to_tell("cost", [MONDAY], MONDAY)


# ---------------------------------------------------------------- in the pages


@pytest.fixture
def ramipril(door: Doors, people: People) -> None:
    door(people.program).create(RAMIPRIL, rid="m1")


def said_today(door: Door) -> tuple[Answer, ...]:
    return reading.reports(door, AMINA, timezone.localdate(), 1).get(timezone.localdate(), ())


def test_amina_ticks_and_takes_it_back(ramipril: None, people: People, door: Doors) -> None:
    amina = Browser(people.amina)
    said = amina.get("/today/amina/")
    assert said.count("Ramipril 5 mg") >= 2 and "8 am" in said and "8 pm" in said
    day = timezone.localdate().isoformat()
    for _ in range(2):
        said = amina.post("/today/amina/tick/", {"done": KEY, "day": day})
    assert "Done" in said and [one.done for one in said_today(door(people.amina))] == [True]
    assert "Ramipril" in Browser(people.dara).get("/today/amina/")
    amina.post("/today/amina/tick/", {"undo": KEY, "day": day})
    assert [one.done for one in said_today(door(people.amina))] == [False]
    amina.post("/today/amina/tick/", {"done": "nothing", "day": day})
    assert amina.status == 404


def test_what_got_in_the_way_is_asked_kept_told_and_taken(
    ramipril: None, people: People, door: Doors
) -> None:
    amina, dara = Browser(people.amina), Browser(people.dara)
    path = f"/today/amina/missed/?day={timezone.localdate()}&key={quote(KEY)}"
    assert "Nobody keeps a score." in amina.get(path)
    assert "Choose what is nearest." in amina.send("/missed/", words="") and amina.status == 422
    amina.get(path)
    said = amina.send("/missed/", barrier="cost", words="Twelve euros a month.")
    assert "It costs too much" in said and "There is often a cheaper way." in said
    (seen,) = door(people.dara).search("Observation", [("patient", AMINA)]).matches
    assert check(seen.json) == () and "euros" not in str(seen.json)
    assert seen.json["focus"] == [{"reference": "MedicationRequest/m1"}]
    assert Notice.objects.filter(person=people.chen.ref, kind="barrier").count() == 1
    said = dara.get("/barriers/")
    assert "Amina Haddad" in said and "Ramipril 5 mg" in said and "Nobody has it yet." in said
    assert "Dara Okafor has it." in dara.send("/take/")
    assert "Nothing waits here" in dara.send("/settle/")


def test_once_forgotten_is_nobodys_business(ramipril: None, people: People, door: Doors) -> None:
    amina, now = door(people.amina), timezone.localdate()
    for back in (4, 2):
        actions.report(
            amina, patient=AMINA, day=now - timedelta(days=back), answer=Answer(KEY, "x", False, "forgot")
        )
    assert reading.told(door(people.dara)) == ()
    actions.report(amina, patient=AMINA, day=now, answer=Answer(KEY, "x", False, "forgot"))
    assert len(reading.told(door(people.dara))) == 1
    other = Answer("MedicationRequest/m1@20:00", "x", False, "forgot")
    actions.report(amina, patient=AMINA, day=now, answer=other)
    assert len(reading.told(door(people.dara))) == 1


def test_times_she_chooses_and_things_of_her_own(ramipril: None, people: People, door: Doors) -> None:
    amina = Browser(people.amina)
    amina.get("/today/amina/times/")
    amina.send("/times/", **{"at-0": "half past"})
    assert amina.status == 422 and "half past" in amina.html
    amina.get("/today/amina/times/")
    said = amina.send("/times/", **{"at-0": "7:30", "own-0": "Two pages of my book", "own-at-0": "21"})
    assert "7.30 am" in said and "Two pages of my book" in said and "9 pm" in said and "8 pm" not in said
    amina.get("/today/amina/times/")
    said = amina.send("/times/", **{"own-0": "", "own-at-0": ""})
    assert "Two pages" not in said and "7.30 am" in said


def test_what_was_written_for_her_is_what_she_reads(people: People, door: Doors) -> None:
    dosage = {
        **RAMIPRIL["dosageInstruction"][0],
        "patientInstruction": "una por la mañana, otra por la noche",
    }
    door(people.program).create({**RAMIPRIL, "dosageInstruction": [dosage]}, rid="m1")
    said = Browser(people.amina).get("/today/amina/")
    assert "una por la mañana" in said and "one in the morning" not in said


def test_a_time_without_words_and_words_without_a_time(ramipril: None, people: People) -> None:
    amina = Browser(people.amina)
    amina.get("/today/amina/times/")
    amina.send("/times/", **{"own-0": "Two pages", "own-at-0": ""})
    assert amina.status == 422 and "Two pages" in amina.html


def test_only_the_last_days_are_there(ramipril: None, people: People) -> None:
    amina = Browser(people.amina)
    for day in ("2026-13-01", "1999-01-01", (timezone.localdate() + timedelta(days=1)).isoformat()):
        amina.get(f"/today/amina/?day={day}")
        assert amina.status == 404


@pytest.mark.parametrize("who", ["eve", "eve_staff", "bilal", "root", "dara"])
def test_eve_and_others_say_nothing_of_her_day(ramipril: None, people: People, door: Doors, who: str) -> None:
    """Dara, too: how a day went says only who lived it."""
    actor, day = getattr(people, who), timezone.localdate()
    actions.report(door(people.amina), patient=AMINA, day=day, answer=Answer(KEY, "x", False, "cost"))
    other = Browser(actor)
    if who != "dara":
        assert "Ramipril" not in other.get("/today/amina/") + other.get("/barriers/")
    for path in ("tick/", f"missed/?day={day}&key={quote(KEY)}", "times/"):
        other.post(f"/today/amina/{path}", {"done": KEY, "barrier": "cost"})
        assert other.status == 404, path
    (told,) = reading.told(door(people.dara))
    tries: list[Callable[[], object]] = [
        lambda: actions.report(door(actor), patient=AMINA, day=day, answer=Answer(KEY, "x", True)),
        lambda: actions.choose(door(actor), patient=AMINA, wishes=[Wish("own-1", "x", ("08:00",))]),
    ]
    if who != "dara":
        tries += [
            lambda: actions.take(door(actor), patient=AMINA, task=told.rid),
            lambda: actions.settle(door(actor), patient=AMINA, task=told.rid),
        ]
    for attempt in tries:
        with pytest.raises(Refused):
            attempt()
    assert [one.done for one in said_today(door(people.amina))] == [False]


@pytest.mark.parametrize("shared", [[], ["plan"], ["health-record"], ["what-matters", "health-record"]])
def test_bilal_sees_what_is_shared_and_never_what_got_in_the_way(
    ramipril: None, people: People, door: Doors, shared: list[str]
) -> None:
    """The list, where the record is shared; what she said of it, where her words are; a note never."""
    day = timezone.localdate()
    actions.report(
        door(people.amina), patient=AMINA, day=day, answer=Answer(KEY, "x", False, "cost", "Euros.")
    )
    if shared:
        circle.share(door(people.amina), member=people.bilal.ref, choice=Sharing(dict.fromkeys(shared)))
    said = Browser(people.bilal).get("/today/amina/")
    assert ("Ramipril" in said) == ("health-record" in shared)
    assert ("Euros." in said) == ("what-matters" in shared)
    assert door(people.bilal).search("Observation", [("patient", AMINA)]).matches == ()
    assert door(people.bilal).search("Task", [("patient", AMINA)]).matches == ()


def test_the_rules_hold_over_the_door(ramipril: None, people: People, door: Doors) -> None:
    amina, day = door(people.amina), timezone.localdate()
    now = datetime.now(UTC)
    good = days.a_day(AMINA, "Amina", day, [Answer(KEY, "x", True)], at=now)
    odd = days.a_day(AMINA, "Amina", day, [Answer(KEY, "x", True, "cost")], at=now)
    for body in (
        odd,
        {**good, "identifier": {"value": "soon"}},
        {**good, "author": {"reference": people.dara.ref}},
    ):
        with pytest.raises(Refused):
            amina.create(body, rid=body["id"])
    amina.create(good, rid=good["id"])
    with pytest.raises(Refused):
        door(people.dara).delete("QuestionnaireResponse", good["id"])
    with pytest.raises(Refused):
        door(people.dara).update({**good, "author": {"reference": people.dara.ref}})


# ---------------------------------------------------------------- reminders


def test_she_is_reminded_once_at_each_time_and_never_of_what_is_done(people: People, door: Doors) -> None:
    wish = Wish("own-1", "Two pages", ("08:00", "21:00"))
    actions.choose(door(people.amina), patient=AMINA, wishes=[wish], remind=True)
    zone, work = site.current().zone, at_work("reminders")
    day = datetime.now(zone).date()
    eight = datetime.combine(day, time(8), zone)
    assert tasks.look(work, AMINA, eight - timedelta(seconds=1)) == 0
    assert [tasks.look(work, AMINA, eight), tasks.look(work, AMINA, eight + timedelta(minutes=1))] == [1, 0]
    assert tasks.look(work, AMINA, eight + timedelta(hours=2)) == 0  # too late to be one
    said = Answer("own-1@21:00", "Two pages", True)
    actions.report(door(people.amina), patient=AMINA, day=day, answer=said)
    assert tasks.look(work, AMINA, datetime.combine(day, time(21), zone)) == 0
    assert Notice.objects.filter(person=AMINA, kind="list").count() == 1
    assert waiting() == 3  # a look at each time to come, once, however often it looked


def test_who_did_not_ask_is_not_reminded(people: People, door: Doors) -> None:
    wish = Wish("own-1", "Two pages", ("08:00",))
    actions.choose(door(people.amina), patient=AMINA, wishes=[wish])
    now = datetime.combine(timezone.localdate(), time(8, 1), site.current().zone)
    assert tasks.look(at_work("reminders"), AMINA, now) == 0 and waiting() == 0


def test_reminders_are_asked_for_on_the_page(ramipril: None, people: People) -> None:
    amina = Browser(people.amina)
    amina.get("/today/amina/times/")
    amina.send("/times/", remind="1")
    amina.get("/today/amina/times/")
    assert re.search(r'name="remind" value="1" checked', amina.html)


def waiting() -> int:
    named = "task_name = 'plans.remind' AND queueing_lock IS NOT NULL"
    sql = f"SELECT count(*) FROM procrastinate_jobs WHERE {named}"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def test_my_day_says_how_much_is_left(ramipril: None, people: People) -> None:
    amina, day = Browser(people.amina), timezone.localdate().isoformat()
    assert "My list today" in amina.get("/") and "2 things are left" in amina.said
    amina.post("/today/amina/tick/", {"done": KEY, "day": day})
    assert "One thing is left" in amina.get("/")
    amina.post("/today/amina/tick/", {"done": "MedicationRequest/m1@20:00", "day": day})
    assert "Nothing is left today" in amina.get("/")
    for other in (people.bilal, people.eve):
        assert "left" not in Browser(other).get("/")
