"""Contexts of one conversation: as the patient reads it, and as the team does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from rapport.gate.actor import Actor
from rapport.people import chart
from rapport.people.alarms import Help
from rapport.people.asides import Paper
from rapport.people.portrait import Person
from rapport.people.record import Fact
from rapport.pillars.conversations.contexts import said
from rapport.pillars.conversations.contexts.coaching import CoachLine
from rapport.pillars.conversations.contexts.hearing import HeardLine, heard_lines, unmet
from rapport.pillars.conversations.contexts.said import Happened, Said
from rapport.pillars.conversations.contexts.writing import Trouble
from rapport.pillars.conversations.reading import (
    Alert,
    Concern,
    ConversationView,
    Face,
    Letter,
    Opened,
    Promise,
)
from rapport.ui.roles import role_said


@dataclass(frozen=True, slots=True)
class Ask:
    """One answer that waits for a yes, with the questions that it answers; `unopened` as in `LetterLine`."""

    letter: Letter | None
    unopened: bool
    by: str
    called: str
    concerns: tuple[Concern, ...]
    drafted: str = ""


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One question as a line.

    mine      staff who reads has it, or stands in for who has it
    hint      how it stands, in one plain line
    happened  what happened with it, in order
    """

    concern: Concern
    said: Said
    asked_by: str = ""
    mine: bool = False
    hint: str = ""
    happened: tuple[Happened, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One letter as a page shows it.

    name, role  as its head says them; `initial` is what its mark is made of
    about       how the questions that it answers or asks stand, in a line each
    on_top      it is the answer that the top of the page asks about
    unopened    it came in while the page was open: script says when it was seen
    may_mark    who reads may mark one more question in it: its writer, or the team
    heard       what software heard in it, for the team; None where it was not looked at
    drafted     that software wrote the draft of it, and who checked it; "" for letters of people alone
    """

    letter: Letter
    name: str
    role: str
    initial: str
    read: str
    unopened: bool
    about: tuple[Said, ...] = ()
    on_top: bool = False
    may_mark: bool = False
    heard: HeardLine | None = None
    drafted: str = ""


@dataclass(frozen=True, slots=True)
class TalkPage:
    """`talk.html`: a conversation as the patient and the circle read it.

    changes  questions that who reads may take back, or open again
    urgent   an open question of theirs is urgent: help stands first
    may_write  who reads may write more here
    may_hide   who reads has a circle, from which letters can be kept
    help     what they wrote speaks of danger: so does this
    """

    view: ConversationView
    people: str
    may_write: bool
    may_hide: bool
    asks: tuple[Ask, ...]
    questions: tuple[QuestionLine, ...]
    changes: tuple[Concern, ...]
    urgent: bool
    help: Help | None
    letters: tuple[LetterLine, ...]
    promises: tuple[tuple[Promise, Said], ...]
    called: str
    once: str
    trouble: Trouble | None
    wrong: tuple[str, ...]
    live: str
    live_state: str


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One list of the record beside the answer: what stands at once, and what is folded."""

    title: str
    few: tuple[Fact, ...]
    rest: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffTalkPage:
    """`talk_staff.html`: a conversation as the team reads it, with the answer form.

    record      problems, medicines, allergies; empty where the record is not shared with who reads
    spoken      how to talk with them, in their words: heading and words
    answerable  open questions that the answer may name; `chosen` rids are ticked
    paper       why they may need it on paper; `on_paper`: that is ticked
    seen        rid of the newest letter on the page: what came after it is shown before an answer is sent
    alerts      words that speak of danger, with what they ask for
    heard       the words that the answer meets, for the coach
    stop        what to think of before it is sent; sending it anyway is one more click
    drafts      whether software of the site's own writes drafts; `drafted`: it wrote the words in the box
    """

    view: ConversationView
    person: Person | None
    record: tuple[RecordLine, ...]
    spoken: tuple[tuple[str, str], ...]
    called: str
    others: str
    questions: tuple[QuestionLine, ...]
    letters: tuple[LetterLine, ...]
    promises: tuple[tuple[Promise, Said], ...]
    answerable: tuple[QuestionLine, ...]
    chosen: tuple[str, ...]
    text: str
    paper: Paper | None
    on_paper: bool
    once: str
    seen: str
    alerts: tuple[tuple[Alert, str], ...]
    heard: str
    stop: tuple[CoachLine, ...]
    drafts: bool
    drafted: bool
    draft: bool
    lost_files: bool
    trouble: Trouble | None
    wrong: tuple[str, ...]
    live: str
    live_state: str


def people(faces: Iterable[Face]) -> str:
    """Who is in a conversation: "You, Bilal, Dr Chen and Dara"."""
    shown = [_("You") if face.you else said.called(face) for face in faces]
    return said.join(shown)


def unopened(letter: Letter) -> bool:
    """Whether it is new to who reads, and not counted as opened by them yet."""
    return letter.new and not any(one.by.you for one in letter.opened)


def opened_by(actor: Actor, view: ConversationView, at: datetime) -> ConversationView:
    """The view once `actor` has its letters on the screen: what they see is what the other side sees."""
    one = Opened(Face(actor.ref, actor.name, actor.role, actor.kind, you=True), at)
    letters = (
        replace(letter, opened=(*letter.opened, one)) if unopened(letter) else letter
        for letter in view.letters
    )
    return replace(view, letters=tuple(letters))


def asks(view: ConversationView) -> tuple[Ask, ...]:
    """The answers that wait for a yes of who reads, the oldest question first."""
    by_rid = {letter.rid: letter for letter in view.letters}
    groups: dict[str, list[Concern]] = {}
    for concern in view.waiting:
        if "confirm" in concern.may:
            groups.setdefault(concern.answer, []).append(concern)
    found = []
    for rid, concerns in groups.items():
        letter = by_rid.get(rid)
        who = letter.by if letter else concerns[0].answered_by
        named, called = (said.named(who), said.called(who)) if who else ("", "")
        drafted = _drafted(letter) if letter else ""
        fresh = letter is not None and unopened(letter)
        found.append(Ask(letter, fresh, named, called, tuple(concerns), drafted))
    return tuple(found)


def changeable(view: ConversationView) -> tuple[Concern, ...]:
    """Questions that who reads may take back while they are open, or open again once they have ended."""
    return tuple(one for one in view.concerns if ("withdraw" if one.is_open else "not-yet") in one.may)


def question_lines(view: ConversationView) -> tuple[QuestionLine, ...]:
    """The questions of a conversation with how they stand, to who reads."""
    return tuple(question_line(concern, staff=view.staff) for concern in view.concerns)


def question_line(concern: Concern, *, staff: bool) -> QuestionLine:
    """One question with how it stands."""
    other = concern.asked_by.ref != concern.patient.ref and not concern.asked_by.you
    owner = concern.owner
    stands = said.to_staff(concern) if staff else said.to_patient(concern)
    return QuestionLine(
        concern=concern,
        said=stands,
        asked_by=said.named(concern.asked_by) if other else "",
        mine=bool(owner and owner.you) or concern.covered,
        hint=stands.line,
        happened=tuple(map(said.happened, concern.happened)),
    )


#: So many lines of a list of the record stand beside the answer at once; so many more are folded.
FEW, FOLDED = 3, 12


def record_lines(lists: Mapping[str, tuple[Fact, ...]]) -> tuple[RecordLine, ...]:
    """Lists of the record by name (`chart.LISTS`), beside the answer. One alone is not folded."""
    cut = {name: len(facts) if len(facts) <= FEW + 1 else FEW for name, facts in lists.items()}
    return tuple(
        RecordLine(str(chart.LISTS[name].title), facts[: cut[name]], facts[cut[name] :])
        for name, facts in lists.items()
    )


def promise_lines(promises: Iterable[Promise], *, staff: bool) -> tuple[tuple[Promise, Said], ...]:
    """Promises with how they stand."""
    return tuple((one, said.promise(one, staff=staff)) for one in promises)


def letter_lines(view: ConversationView, on_top: Iterable[str] = ()) -> tuple[LetterLine, ...]:
    """The letters as lines; `on_top` are those shown above."""
    concerns = {concern.rid: concern for concern in view.concerns}
    top = set(on_top)
    heard = heard_lines(unmet(view)) if view.staff else {}
    return tuple(
        _letter_line(letter, concerns, letter.rid in top, view.staff, heard.get(letter.rid))
        for letter in view.letters
    )


def _letter_line(
    letter: Letter, concerns: dict[str, Concern], on_top: bool, staff: bool, heard: HeardLine | None
) -> LetterLine:
    by = letter.by
    role = "" if by.kind == "patient" else role_said(by.role)
    if letter.for_team:
        role = _("%(role)s, to the team only") % {"role": role} if role else _("to the team only")
    about = tuple(
        line
        for rid in (*letter.answers, *letter.raises)
        if rid in concerns
        if (line := _about(concerns[rid], rid in letter.answers, staff))
    )
    return LetterLine(
        letter=letter,
        name=_("You") if by.you else by.name,
        role="" if by.you and not letter.for_team else role,
        drafted=_drafted(letter),
        initial=by.name,
        read=""
        if letter.for_team or letter.state == "withdrawn"
        else said.read_by(letter, own=not letter.new),
        unopened=unopened(letter) and not on_top,
        about=about if len(letter.raises) <= 1 or letter.answers else (),
        on_top=on_top,
        may_mark=_may_mark(letter, staff),
        heard=heard,
    )


def _drafted(letter: Letter) -> str:
    """Who checked what software wrote."""
    if not letter.drafted or letter.state == "withdrawn":
        return ""
    if letter.by.you:
        return _("Written by software, checked by you.")
    return _("Written by software, checked by %(name)s.") % {"name": letter.by.name}


def _may_mark(letter: Letter, staff: bool) -> bool:
    """The team in any letter of the patient's side; its writer where no question was marked yet."""
    if letter.by.kind not in ("patient", "kin") or letter.state == "withdrawn":
        return False
    return staff or (letter.by.you and not letter.raises and not letter.answers)


def _about(concern: Concern, answers: bool, staff: bool) -> Said | None:
    """How a question stands, in a line under the letter that asks or answers it."""
    words = said.quote(concern.words)
    if concern.state == "heard" and answers:
        if concern.ended_by is not None and concern.ended_by.you:
            return Said("heard", _("Heard. You said this answers %(words)s") % {"words": words})
        who = said.called(concern.ended_by) if concern.ended_by else ""
        return Said("heard", _("Heard. %(name)s said this answers %(words)s") % {"name": who, "words": words})
    if answers:
        return (
            Said("answered", _("Answers %(words)s") % {"words": words})
            if concern.state == "answered"
            else None
        )
    stands = said.to_staff(concern) if staff else said.to_patient(concern)
    return Said(stands.state, f"{words} {stands.bold}")
