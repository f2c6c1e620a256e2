"""Lists: my conversations, open concerns and promises of a person, search in letters, counts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from rapport.gate.door import Door, Record
from rapport.gate.together import Asks, inquiry
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.reading import shown
from rapport.pillars.conversations.reading.talk import MESSAGES
from rapport.pillars.conversations.reading.views import Looking
from rapport.pillars.conversations.rules.lists import for_patient
from rapport.pillars.conversations.shapes.codes import KIND, STATE, instant, moment
from rapport.pillars.conversations.shapes.concerns import ConcernTask, read_concern
from rapport.pillars.conversations.shapes.letters import Header, Message, read_header, read_message
from rapport.pillars.conversations.shapes.promises import read_promise

#: Letters that one page of the list looks at, and that one search looks through.
SCAN, LONGEST_SCAN = 100, 1000
#: Pages of letters that make one page of conversations; conversations of staff that are listed.
MOST_PAGES, MOST_HAD = 5, 40
#: Conversations that a list of somebody of the family watches.
WATCHED = 20
CONTEXT = 60


def shared(door: Door) -> tuple[str, ...]:
    """The conversations that somebody may read, those changed last; at most `WATCHED`."""
    query = [("category", f"{KIND}|conversation"), ("_sort", "-_lastUpdated"), ("_count", str(WATCHED))]
    return tuple(record.ref for record in door.search("Communication", query).matches)


def mine(
    door: Door, *, patient: str = "", cursor: str = "", count: int = 20
) -> tuple[tuple[shown.ConversationLine, ...], str]:
    """Conversations by their latest letter, and the cursor of older ones ("" at the end).

    patient  staff: those of one person; left out, those in which they have or had a concern
    """
    looking, later = Looking(door), bool(cursor)
    where = _where(looking, patient)
    if where is None:
        return (), ""
    lines: dict[str, Record] = {}
    for _page in range(MOST_PAGES):
        found, following = _letters(door, where, cursor, min(SCAN, 6 * count))
        new: dict[str, Record] = {}
        for record in found:
            new.setdefault(_talk_of(record), record)
        if lines and len(new | lines) > count:
            break  # this page of letters begins the next page of conversations
        lines = new | lines
        cursor = following
        if not following or len(lines) >= count:
            break
    for ref in _seen_before(door, lines) if later else ():
        del lines[ref]
    latest = {ref: read_message(record.json) for ref, record in lines.items()}
    return _lines(
        looking, latest, patient or (looking.who.ref if looking.who.kind == "patient" else "")
    ), cursor


class _Talk(msgspec.Struct):
    reference: str = ""


class _Letter(msgspec.Struct):
    """What a list has to know of every letter, to read in full the latest of each conversation alone."""

    partOf: list[_Talk] = []


_read_letter = msgspec.json.Decoder(_Letter).decode


def _talk_of(letter: Record) -> str:
    """The conversation that a letter is part of."""
    return next((talk.reference for talk in _read_letter(letter.body).partOf), "")


def _seen_before(door: Door, lines: dict[str, Record]) -> set[str]:
    """Those of these conversations whose latest letter was on an earlier page."""
    sent = [at for record in lines.values() if (at := moment(record.json.get("sent")))]
    if not sent:
        return set()
    where = [("part-of", ",".join(lines)), ("sent", f"gt{instant(max(sent))}")]
    return {_talk_of(record) for record in _letters(door, where, "", LONGEST_SCAN)[0]}


def _where(looking: Looking, patient: str) -> list[tuple[str, str]] | None:
    """The query of the letters of one's conversations; None when there are none."""
    who = looking.who
    if patient or who.kind == "patient":
        return [("patient", patient or who.ref)]
    if who.kind == "kin":  # of the person whose circle they are in, what they may see
        return [("patient", ref) for ref in looking.door.actor.patients] or None
    refs = [one.conversation for one in _had(looking.door, who.positions)]
    return [("part-of", ",".join(dict.fromkeys(refs)))] if refs else None


def _had(door: Door, positions: Iterable[str]) -> list[ConcernTask]:
    held = ",".join(positions)
    if not held:
        return []
    bodies = finding.tasks(door, finding.CONCERN, ("owner", held), ("_sort", "-modified"), count=MOST_HAD)
    return [read_concern(body) for body in bodies]


def _letters(
    door: Door, where: list[tuple[str, str]], cursor: str, count: int
) -> tuple[Sequence[Record], str]:
    query = [*where, MESSAGES, ("_sort", "-sent"), ("_count", str(count))]
    found = door.search("Communication", [*query, *([("_cursor", cursor)] if cursor else [])])
    return found.matches, found.next or ""


def _headers(door: Door, refs: Iterable[str]) -> dict[str, Header]:
    return {ref: read_header(record.json) for ref, record in door.many(set(refs)).items()}


def _lines(looking: Looking, latest: dict[str, Message], patient: str) -> tuple[shown.ConversationLine, ...]:
    """Conversations by their latest letters; `patient` where all of them are about one."""
    headers = _headers(looking.door, latest)
    unread = looking.door.unopened(latest)
    concerns: dict[str, list[ConcernTask]] = {}
    if latest:
        about = ("patient", patient) if patient else ("based-on", ",".join(latest))
        for body in finding.tasks(looking.door, finding.CONCERN, finding.OPEN, about):
            one = read_concern(body)
            concerns.setdefault(one.conversation, []).append(one)
    looking.faces.meet(header.patient for header in headers.values())
    for message in latest.values():
        looking.faces.meet((message.sender,), message.sender_name)
    return tuple(
        _line(looking, headers[ref], last, concerns.get(ref, []), unread.get(ref, 0))
        for ref, last in latest.items()
        if ref in headers
    )


def _line(
    looking: Looking, header: Header, last: Message, still: list[ConcernTask], unread: int
) -> shown.ConversationLine:
    return shown.ConversationLine(
        rid=header.rid,
        title=header.title,
        patient=looking.faces.of(header.patient),
        last_by=looking.faces.of(last.sender, last.sender_name),
        last_at=last.sent or looking.at,
        last_text=last.text,
        unread=unread,
        waiting=sum(one.state == "answered" for one in still),
        open=len(still),
        is_open=bool(still),
    )


@inquiry
def open_concerns(
    door: Door, patient: str, *, ended_since: datetime | None = None
) -> Asks[tuple[shown.Concern, ...]]:
    """The open concerns of a patient, what waits for them first; with `ended_since` those ended since."""
    bodies = yield from finding.tasks.begin(
        door, finding.CONCERN, finding.OPEN, ("patient", patient), ("_sort", "authored-on")
    )
    if ended_since is not None:
        ended = ("business-status", f"{STATE}|heard,{STATE}|closed")
        since = ("modified", f"ge{instant(ended_since)}")
        bodies += yield from finding.tasks.begin(door, finding.CONCERN, ended, since, ("patient", patient))
    found = sorted((read_concern(body) for body in bodies), key=for_patient)
    return Looking(door).concerns([one for one in found if one.reason not in ("split", "merged")])


@inquiry
def promises(door: Door, patient: str, *, all: bool = False) -> Asks[tuple[shown.Promise, ...]]:
    """The promises to and by a patient: open ones by day; with `all` the latest ended ones too."""
    query = [("code", f"{KIND}|promise"), ("patient", patient)]
    bodies = yield from finding.tasks.begin(door, *query, ("status", "accepted"), ("_sort", "due"))
    if all:
        bodies += yield from finding.tasks.begin(
            door, *query, ("status", "completed,failed"), ("_sort", "-modified"), count=SCAN
        )
    return Looking(door).promises([read_promise(body) for body in bodies])


def new_letters(door: Door, patient: str, count: int) -> tuple[shown.NewLetters, ...]:
    """Conversations about a patient with letters that are new to who looks, the latest first."""
    looking = Looking(door)
    found = [(read_message(record.json), number) for record, number in door.new_letters(patient, count)]
    headers = _headers(door, (message.conversation for message, _number in found))
    for message, _number in found:
        looking.faces.meet((message.sender,), message.sender_name)
    return tuple(
        shown.NewLetters(
            rid=finding.rid_of(message.conversation),
            title=headers[message.conversation].title,
            by=looking.faces.of(message.sender, message.sender_name),
            at=message.sent or looking.at,
            number=number,
        )
        for message, number in found
        if message.conversation in headers
    )


# ---------------------------------------------------------------- search


def find(door: Door, words: str, *, patient: str = "", cursor: str = "") -> shown.Finds:
    """Letters that hold all of these words, newest first, in one's conversations or those of a patient.

    Accents and case do not matter. One search looks through `LONGEST_SCAN` letters; `more` goes on.
    """
    wanted = [fold(word) for word in words.split()][:10]
    looking = Looking(door)
    where = _where(looking, patient) if wanted else None
    if where is None:
        return shown.Finds(())
    hits: list[Message] = []
    for _page in range(LONGEST_SCAN // SCAN):
        found, cursor = _letters(door, where, cursor, SCAN)
        letters = (read_message(record.json) for record in found)
        hits += [letter for letter in letters if _holds(letter.text, wanted)]
        if not cursor or len(hits) >= SCAN:
            break
    headers = _headers(door, (letter.conversation for letter in hits))
    for letter in hits:
        looking.faces.meet((letter.sender,), letter.sender_name)
    return shown.Finds(tuple(_hit(looking, letter, headers, wanted[0]) for letter in hits), cursor)


def fold(text: str) -> str:
    """A text without case and accents, letter by letter (so that places stay the same)."""
    return "".join(_plain(letter) for letter in text)


def _plain(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter)[:1].casefold()
    return bare if len(bare) == 1 else letter


def _holds(text: str, wanted: Sequence[str]) -> bool:
    folded = fold(text)
    return all(word in folded for word in wanted)


def _hit(looking: Looking, message: Message, headers: dict[str, Header], word: str) -> shown.Hit:
    start = fold(message.text).find(word)
    end = start + len(word)
    header = headers.get(message.conversation)
    return shown.Hit(
        conversation=finding.rid_of(message.conversation),
        title=header.title if header else "",
        letter=message.rid,
        by=looking.faces.of(message.sender, message.sender_name),
        sent=message.sent or looking.at,
        before=("…" if start > CONTEXT else "") + message.text[max(0, start - CONTEXT) : start],
        match=message.text[start:end],
        after=message.text[end : end + CONTEXT] + ("…" if len(message.text) > end + CONTEXT else ""),
    )
