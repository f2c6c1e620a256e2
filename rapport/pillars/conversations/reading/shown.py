"""What pages show of conversations: frozen facts, already decided for the person who looks.

Times are aware UTC datetimes; pages put them into the site's time zone. A `ref` is `Type/id`, a
`rid` the id alone (for URLs). Words are as people wrote them, never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Face:
    """A person, a team or Rapport itself, as others read it.

    kind  `patient` (round), `kin` (double ring), `staff` (square), `team`, `system`
    role  "nurse", "her son"; empty for patients and teams
    you   whether it is the person who looks
    born  of a patient: the birth date as recorded (`1968-03-14`, `1968`), "" when unknown
    """

    ref: str
    name: str
    role: str = ""
    kind: str = "staff"
    you: bool = False
    born: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """Who opened a letter, in which role, when first."""

    by: Face
    at: datetime


@dataclass(frozen=True, slots=True)
class File:
    """An attachment. `rid`: id of the Binary; `size` in bytes; `kind`: media type found from the content."""

    rid: str
    name: str
    kind: str
    size: int

    @property
    def is_image(self) -> bool:
        """Whether a browser may show it in the page."""
        return self.kind.startswith("image/")


@dataclass(frozen=True, slots=True)
class Letter:
    """One message or staff note.

    state     `sent`, `corrected` (text is the last one, `changed` when) or `withdrawn` (text is empty)
    medium    `written`, `post` (printed, too), `phone`, `in-person`; `recorded_by`: who wrote it down
    raises    rids of the concerns first written here; `answers` rids of those it answers or is about
    new       whether the person who looks had not opened it before
    drafted   software wrote the draft, and who signs it checked it
    for_team  a staff note: staff alone ever see it
    private   kept from the circle, by the patient's wish
    may       verbs open to the person who looks: `correct`, `withdraw`, `versions`
    """

    rid: str
    by: Face
    sent: datetime
    text: str
    state: str = "sent"
    changed: datetime | None = None
    medium: str = "written"
    recorded_by: Face | None = None
    language: str = ""
    files: tuple[File, ...] = ()
    raises: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    opened: tuple[Opened, ...] = ()
    new: bool = False
    for_team: bool = False
    private: bool = False
    drafted: bool = False
    may: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LetterVersion:
    """An earlier or present wording of a corrected or withdrawn letter, first version first."""

    text: str
    at: datetime
    present: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """One step in the life of a concern.

    code   a key of `shapes.EVENTS`; `words`: why, or what was said
    to     whom it went to; `whose`: who had it (see `shapes.events.Event`)
    """

    code: str
    by: Face
    at: datetime
    words: str = ""
    to: Face | None = None
    whose: Face | None = None


@dataclass(frozen=True, slots=True)
class Concern:
    """One worry that is tracked by itself ("question" to people).

    state       raised, accepted, answered, reopened, heard, closed
    owner       the named person who has it; None while nobody has
    passed_to   the person it was passed on to because it was late; None when it was not
    due         end of the running clock: raised = be taken by, accepted/reopened = be answered by,
                answered = next reminder to the patient; None once heard or closed
    answer_by   the full answer promised when it was sent
    late        the running clock of the team is past
    stat        red flag: urgent words
    asked_by    who raised it (the patient or someone in the circle)
    also        words of concerns that were merged into this one
    answer      rid of the last letter that answers it; "" for none
    ended       when it was heard or closed; `ended_by` who said so
    reason      code of `rules.REASONS` when closed; `reason_words` as recorded
    no_reply    answered, reminded twice, 14 days silent: staff may close it as `no-reply`
    covered     staff: it belongs to an absent colleague for whom the person who looks stands in
    new         the person who looks has not opened the letter behind it
    may         verbs open to the person who looks: take, answer, hand-over, assign, take-back, split, merge,
                urgent, close, confirm, not-yet, withdraw
    """

    rid: str
    conversation: str
    letter: str
    words: str
    state: str
    patient: Face
    asked_by: Face
    team: Face
    raised: datetime
    changed: datetime
    owner: Face | None = None
    passed_to: Face | None = None
    due: datetime | None = None
    answer_by: datetime | None = None
    late: bool = False
    stat: bool = False
    also: tuple[str, ...] = ()
    answer: str = ""
    answered: datetime | None = None
    answered_by: Face | None = None
    ended: datetime | None = None
    ended_by: Face | None = None
    reason: str = ""
    reason_words: str = ""
    no_reply: bool = False
    covered: bool = False
    new: bool = False
    happened: tuple[Happening, ...] = ()
    may: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Not yet heard, not closed."""
        return self.state not in ("heard", "closed")


@dataclass(frozen=True, slots=True)
class Promise:
    """A dated promise that both sides see. state: `open`, `kept`, `broken`; `late` when open and past.

    by      who promised it; `keeper` who keeps it now, where that is somebody else
    """

    rid: str
    conversation: str
    words: str
    by: Face
    to: Face
    due: datetime
    state: str
    late: bool = False
    made: datetime | None = None
    ended: datetime | None = None
    ended_words: str = ""
    keeper: Face | None = None
    may: frozenset[str] = frozenset()  # keep, break


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """One conversation in a list: the title as written, the last letter, what is open and what is new."""

    rid: str
    title: str
    patient: Face
    last_by: Face
    last_at: datetime
    last_text: str
    unread: int
    waiting: int  # concerns that wait for the patient's yes
    open: int  # concerns neither heard nor closed
    is_open: bool


@dataclass(frozen=True, slots=True)
class ConversationView:
    """One conversation, whole.

    faces      everyone in it: patient, circle, staff who wrote, then teams it is addressed to
    letters    oldest first; the newest `LETTERS` of them, `older` is the cursor for those before
    concerns   open ones first (waiting for the patient, then by time), then ended ones
    may        verbs: write (always), answer, note, promise, start
    """

    rid: str
    title: str
    topic: str
    patient: Face
    faces: tuple[Face, ...]
    is_open: bool
    started: datetime
    letters: tuple[Letter, ...]
    concerns: tuple[Concern, ...]
    promises: tuple[Promise, ...]
    alerts: tuple[Alert, ...] = ()
    older: str = ""
    staff: bool = False
    may: frozenset[str] = frozenset()

    @property
    def waiting(self) -> tuple[Concern, ...]:
        """Answered concerns that ask for a yes or a not yet."""
        return tuple(concern for concern in self.concerns if concern.state == "answered")


@dataclass(frozen=True, slots=True)
class Alert:
    """Words of a letter that speak of danger, for the team alone.

    stat   of the alert channel; else it only asks to be read first
    read   whether software could read it at all
    words  the words, "" where the letter no longer holds them; `why` is what they may mean, `level` how grave
    asked  who is asked to take it now; `owner` is who has it
    due    when the next person is asked
    mine   who looks has it
    answers  id of the answers that it is about, where it is no letter
    """

    rid: str
    conversation: str
    letter: str
    patient: Face
    stat: bool
    read: bool
    level: str
    why: str
    words: str
    raised: datetime
    owner: Face | None
    asked: Face | None
    due: datetime | None
    mine: bool = False
    answers: str = ""


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """Open concerns by filter. Answered ones that wait for the patient are in none of them but `waiting`."""

    everyone: int = 0
    mine: int = 0
    nobody: int = 0
    cover: int = 0
    waiting: int = 0
    pressing: int = 0  # red flags and late ones among everyone's


@dataclass(frozen=True, slots=True)
class Inbox:
    """One page of the team inbox in its final order: alerts, then concerns; `looks` ask to be read first.

    `more` is the cursor of the next page, "" at the end."""

    whose: str
    order: str
    concerns: tuple[Concern, ...]
    counts: InboxCounts
    alerts: tuple[Alert, ...] = ()
    looks: tuple[Alert, ...] = ()
    covering: tuple[Face, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
    topics: tuple[str, ...] = ()
    more: str = ""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A notice `to` someone could not be delivered: the team must reach them in another way.

    why  a key of `shapes.promises.LOST`
    """

    rid: str
    patient: Face
    to: Face
    why: str
    conversation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """One line of the timeline of contacts. kind: message, phone, in-person, visit, note."""

    kind: str
    at: datetime
    by: Face | None
    title: str
    detail: str = ""
    conversation: str = ""
    ref: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One letter found by its words; `before`, `match`, `after` are the text around the first match."""

    conversation: str
    title: str
    letter: str
    by: Face
    sent: datetime
    before: str
    match: str
    after: str


@dataclass(frozen=True, slots=True)
class Finds:
    """Letters found, newest first. `more`: cursor to search further back, "" when all was searched."""

    hits: tuple[Hit, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class NewLetters:
    """A conversation with letters that were not opened yet: who wrote the latest one, and when."""

    rid: str
    title: str
    by: Face
    at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class TopicChoice:
    """What one may write about, and what is promised if it is sent now."""

    code: str
    label: str
    hint: str
    team: Face
    faces: tuple[Face, ...]  # named people who read it
    take_by: datetime
    answer_by: datetime


@dataclass(frozen=True, slots=True)
class Colleague:
    """Someone a concern can be handed to. `ref` is a position (`PractitionerRole/…`) or a team."""

    face: Face
    away: bool = False
    covered_by: Face | None = None
