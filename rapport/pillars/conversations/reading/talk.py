"""One conversation: its letters, concerns and promises; one letter's versions; one file."""

from __future__ import annotations

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door, Found
from rapport.gate.together import Asks, inquiry, together
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.reading import shown
from rapport.pillars.conversations.reading.alerts import alerts_shown
from rapport.pillars.conversations.reading.views import Looking
from rapport.pillars.conversations.rules.lists import for_patient
from rapport.pillars.conversations.shapes.alerts import AlertTask, read_alert
from rapport.pillars.conversations.shapes.codes import KIND, kind_of, moment
from rapport.pillars.conversations.shapes.concerns import ConcernTask, read_concern
from rapport.pillars.conversations.shapes.files import ENDINGS, content_of
from rapport.pillars.conversations.shapes.letters import Header, read_header, read_message, text_of
from rapport.pillars.conversations.shapes.promises import PromiseTask, read_promise

#: Letters on one page of a conversation, newest ones first to be read.
LETTERS = 50
WRITTEN = ("category", f"{KIND}|message,{KIND}|note")
MESSAGES = ("category", f"{KIND}|message")


def conversation(door: Door, rid: str, *, before: str = "") -> shown.ConversationView:
    """One conversation, whole; `before` is the cursor of older letters."""
    header, looking = finding.header(door, rid), Looking(door)
    query = [("part-of", header.ref), WRITTEN, ("_sort", "-sent"), ("_count", str(LETTERS))]
    with together(door) as later:
        written = later(_letters, [*query, *([("_cursor", before)] if before else [])])
        tasks = later(_tasks, header)
    found, (concerns, promises, alerts) = written.value, tasks.value
    messages = [(record.id, read_message(record.json)) for record in reversed(found.matches)]
    looking.faces.meet((header.patient, *header.recipients))
    letters = looking.letters(messages, concerns)
    unopened = frozenset(f"Communication/{letter.rid}" for letter in letters if letter.new)
    views = looking.concerns(sorted(concerns, key=for_patient), unopened=unopened)
    return shown.ConversationView(
        rid=header.rid,
        title=header.title,
        topic=header.topic,
        patient=looking.faces.of(header.patient),
        faces=_faces(looking, header, letters),
        is_open=any(concern.is_open for concern in concerns),
        started=header.started or (messages[0][1].sent if messages else None) or looking.at,
        letters=letters,
        concerns=tuple(view for view in views if view.reason != "merged"),
        promises=looking.promises(promises),
        alerts=alerts_shown(looking, alerts, {message.ref: message.text for _key, message in messages}),
        older=found.next or "",
        staff=looking.who.staff,
        may=frozenset({"write", "answer", "note", "promise"} if looking.who.staff else {"write"}),
    )


@inquiry
def _letters(door: Door, query: list[tuple[str, str]]) -> Asks[Found]:
    return (yield "Communication", query)


@inquiry
def _tasks(door: Door, header: Header) -> Asks[tuple[list[ConcernTask], list[PromiseTask], list[AlertTask]]]:
    kinds = ",".join(f"{KIND}|{kind}" for kind in ("concern", "promise", "alert"))
    query = [("based-on", header.ref), ("code", kinds), ("_sort", "authored-on")]
    bodies = yield from finding.tasks.begin(door, *query)
    concerns = [read_concern(body) for body in bodies if kind_of(body) == "concern"]
    promises = [read_promise(body) for body in bodies if kind_of(body) == "promise"]
    found = [read_alert(body) for body in bodies if kind_of(body) == "alert"]
    return concerns, promises, [one for one in found if one.is_open]


def _faces(looking: Looking, header: Header, letters: tuple[shown.Letter, ...]) -> tuple[shown.Face, ...]:
    """The patient, the circle, the staff who wrote, then the teams: each once."""
    met = {looking.faces.of(ref).ref: looking.faces.of(ref) for ref in (header.patient, *header.recipients)}
    met |= {letter.by.ref: letter.by for letter in letters}
    order = ("patient", "kin", "staff", "team", "system")
    return tuple(sorted(met.values(), key=lambda face: order.index(face.kind)))


def concern(door: Door, rid: str) -> shown.Concern:
    """One concern."""
    body = finding.need(door, "Task", rid, "concern")
    return Looking(door).concerns([read_concern(body)])[0]


def versions(door: Door, rid: str) -> tuple[shown.LetterVersion, ...]:
    """The wordings of a letter, the first one first; a withdrawn letter ends with an empty one."""
    finding.need(door, "Communication", rid, "message", "note")
    bodies = [record.json for record in reversed(door.history("Communication", finding.rid_of(rid)))]
    found: list[shown.LetterVersion] = []
    for body in bodies:
        at = moment((body.get("meta") or {}).get("lastUpdated"))
        text = "" if body.get("status") == "entered-in-error" else text_of(body)
        if at is not None and (not found or found[-1].text != text):
            found.append(shown.LetterVersion(text, at, present=False))
    if found:
        found[-1] = shown.LetterVersion(found[-1].text, found[-1].at, present=True)
    return tuple(found)


def file(door: Door, rid: str) -> tuple[bytes, str, str]:
    """A file of a conversation: content, media type, and a name for saving it.

    Not found unless it belongs to a conversation that may be read and is what it says it is.
    """
    body = door.read("Binary", finding.rid_of(rid)).json
    kind, context = (
        str(body.get("contentType", "")),
        str((body.get("securityContext") or {}).get("reference", "")),
    )
    if kind not in ENDINGS or not context.startswith("Communication/"):
        raise not_found()
    header = read_header(finding.need(door, "Communication", context, "conversation"))
    day = header.started.date().isoformat() if header.started else "file"
    return content_of(body), kind, f"{day}-{finding.rid_of(rid)[:8]}{ENDINGS[kind]}"
