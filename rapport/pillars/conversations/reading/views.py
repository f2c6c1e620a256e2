"""Turns what the record says into what is shown, for the person who looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rapport.gate.door import Door
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.reading import shown
from rapport.pillars.conversations.reading.faces import Faces
from rapport.pillars.conversations.rules.clocks import Clocks
from rapport.pillars.conversations.rules.lists import is_late
from rapport.pillars.conversations.rules.who import Who
from rapport.pillars.conversations.shapes.concerns import ConcernTask
from rapport.pillars.conversations.shapes.events import Event
from rapport.pillars.conversations.shapes.letters import Message
from rapport.pillars.conversations.shapes.promises import PromiseTask

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Looking:
    """One person looking at one page: who, when, the faces on it."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.who: Who = finding.who(door)
        self.at: datetime = moment.now()
        self.faces = Faces.at(door)
        self.clocks: Clocks = finding.clocks()

    # ---------------------------------------------------------------- concerns

    def concerns(
        self,
        found: Sequence[ConcernTask],
        *,
        unopened: frozenset[str] = frozenset(),
        covered: frozenset[str] = frozenset(),
    ) -> tuple[shown.Concern, ...]:
        """Concerns as shown. `unopened`: letters not opened yet; `covered`: positions stood in for."""
        for one in found:
            self._meet(one)
        merged = _merged(found)
        return tuple(self._concern(one, merged.get(one.ref, ()), unopened, covered) for one in found)

    def _meet(self, one: ConcernTask) -> None:
        self.faces.meet((one.patient, one.requester, one.owner, one.team, *one.passed))
        for event in one.events:
            self.faces.meet((event.by.ref,), event.by.name)
            self.faces.meet((event.to,), event.to_name)
            self.faces.meet((event.whose,), event.whose_name)

    def _concern(
        self, one: ConcernTask, also: tuple[str, ...], unopened: frozenset[str], covered: frozenset[str]
    ) -> shown.Concern:
        face, late = self.faces.of, is_late(one, self.at)
        answered, ended = _answer(one), one.last("confirmed", "closed") if not one.is_open else None
        passed = one.passed[-1] if one.passed and one.is_open else ""
        return shown.Concern(
            rid=one.rid,
            conversation=finding.rid_of(one.conversation),
            letter=finding.rid_of(one.letter),
            words=one.words,
            state=one.state,
            patient=face(one.patient),
            asked_by=face(one.requester),
            team=face(one.team),
            raised=one.raised,
            changed=one.changed,
            owner=face(one.named_owner) if one.named_owner else None,
            passed_to=face(passed) if passed else None,
            due=one.due if one.is_open else None,
            answer_by=one.answer_by,
            late=late,
            stat=one.stat,
            also=also,
            answer=finding.rid_of(answered.letter) if answered else "",
            answered=answered.at if answered else None,
            answered_by=face(answered.by.ref, answered.by.name) if answered else None,
            ended=ended.at if ended else None,
            ended_by=face(ended.by.ref, ended.by.name) if ended else None,
            reason=one.reason,
            reason_words=one.reason_words,
            no_reply=self.clocks.may_close_unanswered(one, self.at),
            covered=one.owner in covered,
            new=one.letter in unopened,
            happened=tuple(self._happening(event) for event in one.events),
            may=self.may(one, covered),
        )

    def _happening(self, event: Event) -> shown.Happening:
        to = self.faces.of(event.to, event.to_name) if event.to else None
        whose = self.faces.of(event.whose, event.whose_name) if event.whose else None
        by = self.faces.of(event.by.ref, event.by.name)
        return shown.Happening(event.code, by, event.at, event.words, to, whose)

    def may(self, one: ConcernTask, covered: frozenset[str] = frozenset()) -> frozenset[str]:
        """The verbs open to who looks. The guard decides; this is what pages offer."""
        found: set[str] = set()
        if self.who.speaks_for(one.patient, one.requester):
            found |= self._may_patient(one)
        if self.who.staff and one.is_open:
            found |= {"close", "urgent", "merge", "answer"}
            found |= {"hand-over", "take-back"} if one.named_owner else {"assign"}
            if one.state != "answered":
                found |= {"split"}
            if self._may_take(one, covered):
                found |= {"take"}
            if not self.who.positions:
                found -= {"answer"}
        return frozenset(found)

    def _may_take(self, one: ConcernTask, covered: frozenset[str]) -> bool:
        """Nobody has it, it was passed on to one, or one stands in for who has it."""
        own = self.who.positions
        if not own or one.owner in own:
            return False
        return not one.named_owner or one.owner in covered or any(ref in own for ref in one.passed)

    def _may_patient(self, one: ConcernTask) -> set[str]:
        found: set[str] = set()
        if one.state in ("answered", "reopened") and one.last("answered"):
            found |= {"confirm"}
        if one.state == "answered" or (not one.is_open and one.reason not in ("split", "merged")):
            found |= {"not-yet"}
        if one.is_open and not one.stat:
            found |= {"withdraw"}
        return found

    # ---------------------------------------------------------------- letters

    def letters(
        self, found: Sequence[tuple[int, Message]], concerns: Iterable[ConcernTask]
    ) -> tuple[shown.Letter, ...]:
        """Letters as shown, with who opened each. Each comes with the key of its record."""
        openings = self.door.openings([key for key, _message in found])
        raised: dict[str, list[str]] = {}
        for concern in concerns:
            raised.setdefault(concern.letter, []).append(concern.rid)
        for _key, message in found:
            self.faces.meet((message.sender,), message.sender_name)
            if message.recorded_by:
                self.faces.meet(message.recorded_by[:1], message.recorded_by[1])
        return tuple(self._letter(message, openings.get(key, ()), raised) for key, message in found)

    def _letter(
        self, message: Message, openings: Sequence[Any], raised: Mapping[str, list[str]]
    ) -> shown.Letter:
        by = self.faces.of(message.sender, message.sender_name)
        recorder = message.recorded_by
        writer = (recorder[0] in self.who.names) if recorder else by.you
        opened = tuple(self._opened(one) for one in openings if one.ref != message.sender)
        return shown.Letter(
            rid=message.rid,
            by=by,
            sent=message.sent or _EPOCH,
            text=message.text,
            state=message.state,
            changed=message.changed,
            medium=message.medium,
            recorded_by=self.faces.of(*recorder) if recorder else None,
            language=message.language,
            files=tuple(
                shown.File(finding.rid_of(file.ref), file.name, file.kind, file.size)
                for file in message.files
            ),
            raises=tuple(raised.get(message.ref, ())),
            answers=tuple(finding.rid_of(ref) for ref in message.about),
            opened=opened,
            new=not writer and not by.you and all(one.ref != self.who.ref for one in openings),
            for_team=message.is_note,
            private=message.private,
            drafted=message.drafted,
            may=_may_letter(message, writer, self.who),
        )

    def _opened(self, one: Any) -> shown.Opened:
        kind = {"Patient": "patient", "RelatedPerson": "kin"}.get(one.ref.partition("/")[0], "staff")
        role = one.role if kind != "patient" else ""
        return shown.Opened(shown.Face(one.ref, one.name, role, kind, one.ref == self.who.ref), one.at)

    # ---------------------------------------------------------------- promises

    def promises(self, found: Sequence[PromiseTask]) -> tuple[shown.Promise, ...]:
        """Promises as shown: open ones by day, then ended ones, the latest first."""
        for one in found:
            self.faces.meet((one.owner,), one.owner_name)
            self.faces.meet((one.maker[0],), one.maker[1])
            self.faces.meet((one.requester, one.patient))
        shown_ones = [self._promise(one) for one in found]
        still = sorted((one for one in shown_ones if one.state == "open"), key=lambda one: (one.due, one.rid))
        ended = [one for one in shown_ones if one.state != "open"]
        return (*still, *sorted(ended, key=lambda one: (one.ended or one.due, one.rid), reverse=True))

    def _promise(self, one: PromiseTask) -> shown.Promise:
        ended = one.last("kept", "broken")
        due = one.due or _EPOCH
        to = one.requester if one.owner == one.patient else one.patient
        mine = self.who.staff or one.owner in self.who.names
        return shown.Promise(
            rid=one.rid,
            conversation=finding.rid_of(one.conversation),
            words=one.words,
            by=self.faces.of(*one.maker),
            keeper=self.faces.of(one.owner, one.owner_name) if one.owner != one.maker[0] else None,
            to=self.faces.of(to),
            due=due,
            state=one.state,
            late=one.state == "open" and due <= self.at,
            made=one.made,
            ended=ended.at if ended else None,
            ended_words=ended.words if ended else "",
            may=frozenset({"keep", "break"}) if mine and one.state == "open" else frozenset(),
        )


def _answer(one: ConcernTask) -> Event | None:
    """The answer that stands; None when it was withdrawn."""
    last = one.last("answered", "answer-withdrawn")
    return last if last and last.code == "answered" else None


def _merged(found: Sequence[ConcernTask]) -> dict[str, tuple[str, ...]]:
    also: dict[str, tuple[str, ...]] = {}
    for one in found:
        if one.reason == "merged":
            for ref in one.part_of[-1:]:
                also[ref] = (*also.get(ref, ()), one.words)
    return also


def _may_letter(message: Message, writer: bool, who: Who) -> frozenset[str]:
    found: set[str] = set()
    if writer and message.state != "withdrawn":
        found |= {"correct", "withdraw"}
    if message.state == "corrected" or (message.state == "withdrawn" and (writer or who.staff)):
        found |= {"versions"}
    return frozenset(found)
