"""Each limit of a Consent by itself: what opens is read narrowly, what closes widely."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection

from rapport.fhir.keys import reference_key
from rapport.fhir.labels import BITS, JOINED, MARKS
from rapport.gate.consent import ages, reading, rows, words
from rapport.gate.consent.authority import Facts, bounded, facts
from rapport.gate.consent.boxes import Box, Kinds, Named, Who, _bits, _least
from rapport.gate.consent.reading import limits
from rapport.gate.consent.regions import Denial, Regions, of_part, regions
from rapport.gate.permissions import CONVERSATION, PURPOSES, RECORD
from rapport.gate.spans import ALWAYS, DATED, FOREVER
from tests.gate.consent.making import PERSONAL, actor, consent, deny, permit
from tests.gate.consent.policies import coding, concept
from tests.personas import BILAL, DARA, TEAM

PSY = coding("PSY", "v3-ActCode")
TYPES = "http://hl7.org/fhir/resource-types"
ODD: tuple[Any, ...] = (None, [], {}, "x", 7)


def named(*refs: str, meaning: str = "instance") -> list[dict[str, Any]]:
    return [{"meaning": meaning, "reference": {"reference": ref}} for ref in refs]


def who(*refs: str) -> frozenset[Who]:
    return frozenset(Who(reference_key(ref)) for ref in refs)


# ---------------------------------------------------------------- one provision


def test_all_that_a_provision_may_say() -> None:
    node = permit(
        BILAL,
        "health-record",
        id="x",
        extension=[],
        securityLabel=[PSY],
        period={"start": "2020"},
        dataPeriod={"end": "2021", "id": "y", "extension": []},
        data=named("Communication/c1"),
        provision=[],
    )
    said = limits(node)
    assert said.kind == "permit" and said.narrow is not None and not said.complete  # kinds and things at once
    assert said.clears == BITS[PSY["system"], "PSY"] and said.narrow.carries == ()
    assert said.narrow == said.wide
    assert said.narrow.begins == datetime(2020, 1, 1, tzinfo=UTC) and said.narrow.ends == FOREVER
    assert said.narrow.since == DATED and said.narrow.until == datetime(2022, 1, 1, tzinfo=UTC)
    assert limits(node | {"modifierExtension": []}).narrow is None


def test_a_plain_permit() -> None:
    said = limits(permit(BILAL, "health-record", "conversations"))
    assert said.complete and said.clears == 0 and said.narrow is not None
    assert said.narrow.actors == (who(BILAL),) and said.narrow.actions == 1
    assert said.narrow.purposes == sum(PURPOSES[code] for code in PERSONAL)
    assert said.narrow.kinds == Kinds(RECORD | CONVERSATION)
    types = limits(permit(BILAL, **{"class": [coding("Goal", TYPES)]}))
    assert types.narrow is not None and types.narrow.kinds == Kinds(0, frozenset({"Goal"}))
    assert limits(permit(BILAL, data=named("Communication/c1"))).complete


@pytest.mark.parametrize("lacking", ["actor", "action", "purpose", "class"])
def test_a_permit_that_does_not_say_all_opens_nothing(lacking: str) -> None:
    node = {name: value for name, value in permit(BILAL, "plan").items() if name != lacking}
    assert not limits(node).complete and not regions(consent(node)).permits


@pytest.mark.parametrize("name", ["actor", "action", "purpose", "class", "data"])
@pytest.mark.parametrize("odd", ODD)
def test_what_cannot_be_read_opens_nothing_and_limits_nothing(name: str, odd: Any) -> None:
    said = limits({"type": "deny", name: odd})
    assert said.wide == Box() and said.narrow is not None and said.narrow.empty


@pytest.mark.parametrize("name", ["period", "dataPeriod"])
@pytest.mark.parametrize("odd", [*ODD, {"start": "x"}, {"start": "2020", "x": 1}, {"id": "x"}])
def test_a_time_that_cannot_be_read(name: str, odd: Any) -> None:
    rest = {"data": named("Communication/c1"), "securityLabel": [PSY], "actor": [actor(DARA)]}
    said = limits({"type": "deny", name: odd, **rest})
    assert said.narrow is None
    times = (said.wide.begins, said.wide.ends, said.wide.since, said.wide.until)
    assert times == (ALWAYS, FOREVER, ALWAYS, FOREVER)
    assert said.wide.named and said.wide.carries


def test_who_is_named_beside_what_cannot_be_read_is_let_in_and_limits_nothing() -> None:
    node = {"actor": [actor(DARA), "x"], "action": [concept("access", "consentaction")], "type": "deny"}
    for more in ({}, {"securityLabel": [PSY]}):
        said = limits(node | more)
        assert said.narrow is not None and said.narrow.actors == (who(DARA),) and said.narrow.actions == 1
        assert said.wide.actors == () and said.wide.actions == 1


def test_labels_of_a_denial() -> None:
    bit = BITS[PSY["system"], "PSY"]
    known = limits({"type": "deny", "securityLabel": [PSY]})
    assert known.narrow is not None and known.narrow.carries == known.wide.carries == (bit,)
    assert known.clears == 0
    some = limits({"type": "deny", "securityLabel": [PSY, coding("x", "v3-ActCode")]})
    assert some.narrow is not None and some.narrow.carries == (bit,) and some.wide.carries == ()
    none = limits({"type": "deny", "securityLabel": [coding("x", "v3-ActCode")]})
    assert none.narrow is None and none.wide.carries == ()
    assert limits({"type": "deny", "securityLabel": [PSY], "x": 1}).narrow is None


@pytest.mark.parametrize(
    ("said", "kind"),
    [({}, ""), ({"type": "deny"}, "deny"), ({"type": None}, "deny"), ({"type": "x"}, "deny")],
)
def test_what_kind_it_is(said: dict[str, Any], kind: str) -> None:
    assert limits(said).kind == kind


@pytest.mark.parametrize(
    "odd",
    [None, "x", [], {}, actor(BILAL) | {"x": 1}, actor(BILAL) | {"role": {"coding": []}},
     actor(BILAL) | {"role": {"text": "x"}}, actor(BILAL, "nonsense"), actor("Group/x"), actor("Bilal"),
     actor(BILAL) | {"role": {"coding": [coding("PRN", "v3-RoleCode"), coding("GUARD", "v3-RoleCode")]}},
     actor(BILAL) | {"role": {"coding": [coding("SON", "v3-RoleCode"), coding("x", "v3-RoleCode")]}}],
)  # fmt: skip
def test_an_actor_who_cannot_be_read(odd: Any) -> None:
    assert reading._actor(odd) is None


def test_an_actor() -> None:
    both = {"coding": [coding("SON", "v3-RoleCode"), coding("PRN", "v3-RoleCode")]}
    key = reference_key(BILAL)
    assert reading._actor(actor(BILAL) | {"id": "x", "extension": []}) == Who(key)
    assert reading._actor(actor(BILAL) | {"role": both}) == Who(key, words.PARENT)
    assert reading._actor(actor(BILAL, "GUARD")) == Who(key, words.GUARDIAN)


def test_codes() -> None:
    assert reading._action(concept("correct", "consentaction")) == 12
    assert reading._action(concept("access", "other")) is None and reading._action({"coding": []}) is None
    two = {"coding": [*concept("access", "consentaction")["coding"], coding("x", "consentaction")]}
    assert reading._action(two) is None
    assert reading._kind(coding("plan", "urn:rapport:category")) == words.CATEGORIES["plan"]
    assert reading._kind(coding("Goal", TYPES)) == "Goal"
    assert reading._kind(coding("Nonsense", TYPES)) is None and reading._kind(coding("Goal", "urn:x")) is None
    assert reading._kind(coding("plan", "urn:x")) is None and reading._kind("x") is None
    for odd in ("x", None, {"system": [], "code": "x"}, {"system": "x", "code": []}, {"code": "x"}):
        assert reading._coding(odd) == ("", "")
    for odd in (None, [], {"coding": {}}, {"coding": [coding("x", "y"), {}]}):
        assert reading._codings(odd) == []


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "Patient/x",
        {},
        "Patient",
        "Patient/",
        "/x",
        "Patient/a/b",
        "Nonsense/x",
        "http://a/Patient/x",
        7,
    ],
)
def test_what_is_no_reference(odd: Any) -> None:
    assert reading._reference(odd if odd is None or odd == "Patient/x" else {"reference": odd}) == ""


def test_what_is_named() -> None:
    one = named("Communication/c1/_history/2")[0]
    key = reference_key("Communication/c1")
    assert reading._named(one | {"id": "x", "extension": []}) == Named(key, around=False)
    for meaning in ("related", "dependents"):
        assert reading._named(one | {"meaning": meaning}) == Named(key, around=True)
    for odd in (
        None,
        "x",
        one | {"x": 1},
        one | {"meaning": "x"},
        one | {"meaning": []},
        {"meaning": "related"},
    ):
        assert reading._named(odd) is None


# ---------------------------------------------------------------- a whole Consent


def test_a_provision_within_another() -> None:
    """An exception opens within what is closed; what is closed within two things named is the inner."""
    found = regions(consent(deny(DARA, provision=[permit(DARA, "plan")])))
    assert [*found.denials[0].exceptions] == found.permits and len(found.permits) == 1
    one, two = named("Communication/c1"), named("Communication/c2")
    inner = regions(consent(deny(DARA, data=one, provision=[{"type": "deny", "actor": [actor(TEAM)]}])))
    assert inner.denials[0].box.named == {Named(reference_key("Communication/c1"), around=False)}
    inner = regions(consent(deny(DARA, data=one, provision=[{"type": "deny", "data": two}])))
    assert inner.denials[0].box.named == {Named(reference_key("Communication/c2"), around=False)}
    assert inner.denials[0].box.actors == (who(DARA),)


def test_what_a_permit_clears() -> None:
    assert regions(consent(permit(BILAL, "plan"))).permits[0].clears == MARKS
    chosen = regions(consent(permit(BILAL, "plan", securityLabel=[PSY])))
    assert chosen.permits[0].clears == MARKS | BITS[PSY["system"], "PSY"]


@pytest.mark.parametrize("inner", [[], {}, "rubbish", 7, True, None, ["x"]])
def test_what_should_be_provisions_and_is_none_closes_once(inner: Any) -> None:
    found = regions(consent(permit(BILAL, "plan", provision=inner)))
    assert len(found.denials) == 1 and found.denials[0].box.actors == (who(BILAL),)


def test_a_root_without_a_type_or_anything() -> None:
    optout = {"policyRule": concept("OPTOUT", "v3-ActCode")}
    assert regions(consent({})).denials == [Denial(Box())]
    nothing = {"provision": [permit(BILAL, "plan")]}
    assert not regions(consent(nothing)).denials and regions(consent(nothing) | optout).denials
    body = consent({})
    del body["provision"]
    assert regions(body) == Regions() and regions(body | optout).denials == [Denial(Box())]


@pytest.mark.parametrize("more", [{"modifierExtension": []}, {"implicitRules": "x"}])
def test_what_changes_the_meaning_opens_nothing(more: dict[str, Any]) -> None:
    assert not regions(consent(permit(BILAL, "plan")) | more).permits


def test_the_head_of_a_consent() -> None:
    body = consent(permit(BILAL, "plan"))
    for spoilt in ({"status": "x"}, {"category": [concept("x", "y")]}, {"scope": concept("x", "y")}):
        assert not regions(body | spoilt).permits
    body = consent(deny(DARA))
    assert regions(body | {"scope": concept("x", "y")}).denials and regions(body | {"scope": {}}).denials
    for other in ({"status": "inactive"}, {"scope": concept("research", "consentscope")}):
        assert regions(body | other) == Regions()
    assert regions(body | {"category": [concept("dnr", "consentcategorycodes")]}) == Regions()
    assert Regions([Box()], [Denial(Box(), (Box(),))]).size == 3


@pytest.mark.parametrize(("rows", "read"), [(2000, True), (2001, False)])
def test_how_many_rows_are_read(rows: int, read: bool) -> None:
    found = regions(consent(permit(BILAL, data=named(*(f"Observation/o{at}" for at in range(rows))))))
    assert bool(found.permits) is read and bool(found.denials) is not read


@pytest.mark.parametrize(("provisions", "read"), [(21, True), (22, False)])
def test_how_deep_is_read(provisions: int, read: bool) -> None:
    node = permit(BILAL, "plan")
    for _ in range(provisions - 1):
        node = permit(BILAL, "plan", provision=[node])
    assert bool(regions(consent(node)).denials) is not read


def test_a_part_of_a_joined_record() -> None:
    part = JOINED & -JOINED
    found = Regions([Box(clears=MARKS, carries=(2,))], [Denial(Box(), (Box(clears=0),))])
    assert of_part(found, 0).permits == found.permits
    (box,) = of_part(found, part).permits
    assert box.clears == MARKS | part and box.carries == (2, part)
    for each in (0, part):
        assert of_part(found, each).denials == [Denial(Box(), (Box(clears=JOINED),))]


# ---------------------------------------------------------------- boxes


def test_a_box_without_limits() -> None:
    box = Box()
    assert (box.clears, box.actions, box.named, box.kinds) == (-1, 15, None, Kinds(-1)) and not box.empty
    (corner,) = box.corners()
    assert (corner.actor, corner.also, corner.marked, corner.named) == (0, (), 0, None) and box.size == 1


def test_when_a_box_is_empty() -> None:
    early, late = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    empty = [
        Box(kinds=Kinds(0)), Box(actions=0), Box(purposes=0), Box(actors=(frozenset(),)),
        Box(named=frozenset()), Box(begins=late, ends=early), Box(begins=late, ends=late),
        Box(since=late, until=early), Box(actors=(who(DARA), frozenset())),
    ]  # fmt: skip
    assert all(box.empty and box.corners() == [] for box in empty)
    full = [Box(kinds=Kinds(0, frozenset({"Goal"}))), Box(begins=early, ends=late), Box(since=early)]
    assert not any(box.empty for box in full)


def test_the_rows_of_a_box() -> None:
    one, two, three = (Who(at) for at in (1, 2, 3))
    box = Box(actors=(frozenset({two}), frozenset({three, one})), carries=(6, 8))
    found = {(corner.actor, corner.also, corner.marked) for corner in box.corners()}
    assert found == {(2, (other,), marked) for other in (1, 3) for marked in (10, 12)} and box.size == 4
    assert Box(actors=(frozenset({two}),) * 2).corners()[0].also == ()
    things = frozenset({Named(1, around=True), Named(2, around=False)})
    assert {corner.named for corner in Box(named=things).corners()} == things
    assert Box(named=things).size == 2
    three_ = Box(actors=(frozenset({three}), frozenset({two}), frozenset({one}))).corners()
    assert three_[0].actor == 3 and three_[0].also == (1, 2)


def test_boxes_meet() -> None:
    early, late = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    thing = frozenset({Named(1, around=True)})
    first = Box((who(DARA, BILAL),), Kinds(6), 7, 3, 6, (6,), early, late, early, late, thing)
    later = datetime(2022, 1, 1, tzinfo=UTC)
    second = Box((who(DARA),), Kinds(4), 13, 6, 5, (2,), late, later, late, later)
    met = Box((who(DARA),), Kinds(4), 5, 2, 4, (2,), late, late, late, late, thing)
    assert first.meet(second) == second.meet(first) == met
    assert first.meet(first) is None
    assert Box().within(early, late) == Box(begins=early, ends=late)
    assert first.within(ALWAYS, early).ends == early


def test_kinds_meet() -> None:
    goal, record = Kinds(0, frozenset({"Goal", "Task"})), Kinds(RECORD, frozenset({"Goal"}))
    assert goal.meet(record) == record.meet(goal) == Kinds(0, frozenset({"Goal"}))
    assert record.meet(Kinds(0, frozenset({"Observation"}))) == Kinds(0, frozenset({"Observation"}))
    assert Kinds(RECORD).has("Observation") and not Kinds(RECORD).has("Goal") and goal.has("Goal")
    assert Kinds(0).empty and not record.empty and not goal.empty


def test_parts_by_claims() -> None:
    plain, parent = Who(1), Who(2, "parent")
    box = Box(actors=(frozenset({plain, parent}), frozenset({Who(3)})))
    found = {(part.actors[0], part.actors[1], claims) for part, claims in box.by_claims()}
    other = frozenset({Who(3)})
    assert found == {
        (frozenset({plain}), other, frozenset()),
        (frozenset({parent}), other, frozenset({"parent"})),
    }
    assert list(Box().by_claims()) == [(Box(), frozenset())]


def test_bits_and_the_least_of_sets() -> None:
    assert _bits(0) == [] and _bits(13) == [1, 4, 8]
    wide, narrow, other = frozenset({1, 2}), frozenset({1}), frozenset({3})
    less = lambda one, other: one <= other  # noqa: E731
    assert _least((wide, narrow, other), less) == (narrow, other)
    assert _least((narrow, wide), less) == (narrow,) and _least((wide, wide), less) == (wide,)


# ---------------------------------------------------------------- by law


def test_what_an_authority_leaves_of_a_permit() -> None:
    known = Facts(verified=True, signed=True, born="2010-05-01")
    lower, upper = datetime(2022, 5, 1, tzinfo=UTC), datetime(2028, 5, 1, tzinfo=UTC)
    box = Box(kinds=Kinds(-1), clears=6)
    narrowed = Box(kinds=ages.ages("").narrowed, clears=0, begins=lower, ends=upper)
    by_age = [Box(kinds=Kinds(-1), clears=6, ends=lower), narrowed]
    parent, guardian, agent = (frozenset({one}) for one in (words.PARENT, words.GUARDIAN, words.AGENT))
    assert bounded(box, frozenset(), Facts(verified=False, signed=False, born="")) == [box]
    assert bounded(box, parent, Facts(verified=False, signed=True, born="2010-05-01")) == []
    assert bounded(box, parent, known) == bounded(box, guardian, known) == by_age
    for begins in (upper, datetime(2030, 1, 1, tzinfo=UTC)):
        adult = Box(begins=begins)
        assert bounded(adult, guardian, known) == [adult]
        for claims in (parent, parent | guardian):
            assert all(part.empty for part in bounded(adult, claims, known))
    for begins in (datetime(2020, 1, 1, tzinfo=UTC), upper - timedelta(seconds=1)):
        minor = Box(kinds=Kinds(-1), clears=6, begins=begins)
        assert bounded(minor, guardian, known) == bounded(minor, parent, known)
        assert all(part.empty or part.ends in (lower, upper) for part in bounded(minor, guardian, known))
    ended = Box(ends=datetime(2030, 1, 1, tzinfo=UTC))
    assert bounded(ended, agent, known) == [ended] and bounded(Box(), agent, known) == []
    assert bounded(ended, agent, Facts(verified=True, signed=False, born="")) == []
    for born in ("", "9985-01-01"):  # no birthday, or none before the calendar ends
        assert bounded(adult, guardian, Facts(verified=True, signed=True, born=born)) == []


def test_evidence_may_be_attached_and_a_role_may_sign() -> None:
    checks = {"verification": [{"verified": True, "verificationDate": "2026-01-01"}]}
    assert facts(checks | {"sourceAttachment": {"title": "x"}}, "").verified
    assert not facts(checks | {"sourceAttachment": {}}, "").verified
    assert facts({"performer": [{"reference": "PractitionerRole/x"}]}, "").signed
    assert facts({"performer": [{}, {"reference": "Practitioner/x"}]}, "").signed


def test_birthdays() -> None:
    def day(born: str, years: int) -> str:
        found = ages.birthday(born, years)
        return found.date().isoformat() if found else ""

    assert day("2012", 12) == "2024-01-01" and day("2012-06", 12) == "2024-06-01"
    assert day("2012-02-29", 12) == "2024-02-29" and day("2012-03-29", 1) == "2013-03-29"
    assert day("2023-02-29", 1) == "" and day("2012-02-30", 1) == "" and day("2012-04-31", 1) == ""
    assert day("9995-02-28", 12) == "" and day("9996-02-29", 12) == ""
    narrowed = ages.ages("").narrowed
    assert narrowed.categories == sum(
        words.CATEGORIES[name] for name in ("identity", "practical-help", "learning")
    )


def test_what_a_country_lets_a_parent_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"lower": 12, "upper": 18, "categories": ["learning"], "types": ["Goal"]}
    monkeypatch.setattr(ages, "_table", lambda: {"default": said, "XX": {"types": []}})
    assert ages.ages("").narrowed == Kinds(words.CATEGORIES["learning"], frozenset({"Goal"}))
    assert ages.ages("XX").narrowed.types == frozenset()


# ---------------------------------------------------------------- rows


@pytest.mark.parametrize(
    ("table", "columns"), [("access_grant", rows.GRANT_COLUMNS), ("access_denial", rows.DENIAL_COLUMNS)]
)
def test_the_columns_are_those_of_the_table(conn: Connection[Any], table: str, columns: str) -> None:
    names = columns.replace(",", " ").split()
    asked = "SELECT column_name::varchar FROM information_schema.columns WHERE table_name = %s"
    assert set(names) == {row[0] for row in conn.execute(asked, (table,))}
    assert conn.execute(rows.insert(table, columns), [[] for _ in names]).rowcount == 0  # type: ignore[arg-type]
