"""What is said of a question, a promise or a letter: sentences for who reads, each with a name and a time.

Strings here are the guide's own words. Names and own words are escaped; only the bold is markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.lists import format_list
from django.utils import timezone
from django.utils.functional import Promise as Lazy
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from rapport.people.portrait import apart, short
from rapport.pillars.conversations.reading import Concern, Face, Happening, Letter, Opened, Promise
from rapport.pillars.conversations.rules import REASONS
from rapport.ui import dates
from rapport.ui.markup import markup
from rapport.ui.roles import role_said

#: Why a question was closed -> (to the patient, to staff).
CLOSED: dict[str, tuple[Lazy, Lazy]] = {
    "told-us": (lazy("you told us that it is answered"), lazy("they told us that it is answered")),
    "asked-us": (lazy("you asked us to"), lazy("they asked us to")),
    "elsewhere": (lazy("it was solved somewhere else"), lazy("it was solved somewhere else")),
    "no-reply": (lazy("we did not hear from you"), lazy("no reply from them")),
    "mistake": (lazy("it was written down by mistake"), lazy("it was written down by mistake")),
    "withdrawn": (lazy("you took it back"), lazy("they took it back")),
    "split": (lazy("made into separate questions"), lazy("made into separate questions")),
    "merged": (lazy("put together with another question"), lazy("put together with another question")),
    "other": (lazy("see the reason"), lazy("see the reason")),
}


@dataclass(frozen=True, slots=True)
class Said:
    """How something stands. `state` is a word of `ui.states`; `bold` leads, `rest` follows; plain or safe."""

    state: str
    bold: str
    rest: str = ""

    @property
    def lead(self) -> str:
        """`bold` as a sentence before `rest`."""
        return self.bold if not self.bold or not self.rest or self.bold[-1] in ".?!…" else f"{self.bold}."

    @property
    def line(self) -> str:
        """All of it in one line."""
        return f"{self.lead} {self.rest}".strip()


def _now() -> datetime:
    return timezone.localtime()


def due(at: datetime) -> str:
    """After "by": 3 pm today."""
    return dates.due(timezone.localtime(at), _now())


def when(at: datetime) -> str:
    """today at 8.40 am"""
    return dates.when(timezone.localtime(at), _now())


def on_day(at: datetime) -> str:
    """A day to end a sentence: "today", "yesterday", "on Wednesday", "on Monday 2 March"."""
    local, now = timezone.localtime(at), _now()
    said = dates.day(local.date(), now.date())
    near = abs((now.date() - local.date()).days) <= 1
    return said if near else pgettext("a day that ends a sentence", "on %(day)s") % {"day": said}


def late_by(at: datetime) -> str:
    """2 hours"""
    return dates.span(_now() - at)


def join(words: Sequence[str]) -> str:
    """A list in a sentence: "Bilal, Dr Chen and Dara"."""
    language = (get_language() or "en").partition("-")[0]
    style = "en_GB" if language == "en" else language
    return format_list(list(words), locale=style) if words else ""


def called(face: Face) -> str:
    """What one calls them: "you", "Amina", "Dr Chen", "The practice team"."""
    if face.you:
        return _("you")
    return apart(face.name) if face.kind in ("team", "system") else short(face.name)


def named(face: Face) -> str:
    """Name and role: "Dara Okafor, nurse"; "You" for who reads."""
    if face.you:
        return _("You")
    name = apart(face.name)
    return f"{name}, {role_said(face.role)}" if face.role and face.role != "patient" else name


def has_it(face: Face) -> str:
    """Who has it, as the start of a line."""
    if face.you:
        return _("You have it.")
    if face.role and face.role != "patient":
        return _("%(name)s, %(role)s, has it.") % {"name": apart(face.name), "role": role_said(face.role)}
    return _("%(name)s has it.") % {"name": apart(face.name)}


def to_patient(concern: Concern) -> Said:
    """How a question stands, to the person who asked and to their circle."""
    say = {"answered": _answered, "heard": _heard, "closed": _closed}.get(concern.state)
    if say:
        return say(concern)
    by = due(concern.due) if concern.due else ""
    if concern.late:
        return _late(concern)
    if concern.owner is None:
        bold = _("Open again. Nobody has it yet.") if concern.state == "reopened" else _("Nobody has it yet.")
        return Said(concern.state, bold, _bold(_("Someone will by %(time)s"), time=by) if by else "")
    bold = has_it(concern.owner)
    if concern.state == "reopened":
        bold = _("Open again. %(who)s") % {"who": bold}
    return Said(concern.state, bold, _bold(_("Answer by %(time)s"), time=by) if by else "")


def _late(concern: Concern) -> Said:
    """Late, to the patient's side: who has it now, and when it was due."""
    was = _("It was due %(time)s.") % {"time": when(concern.due)} if concern.due else ""
    if concern.passed_to is None:
        bold = has_it(concern.owner) if concern.owner else _("Nobody has it yet.")
        return Said("late", _("Late. %(who)s") % {"who": bold}, was)
    return Said("late", _("Late. Passed on to %(name)s.") % {"name": named(concern.passed_to)}, was)


def isolated(pattern: str, **words: str) -> SafeString:
    """A sentence as HTML whose own words keep their own direction, whatever stands around them."""
    kept = {name: markup("<bdi>{}</bdi>", word) for name, word in words.items()}
    return markup(pattern.replace("%(", "{").replace(")s", "}"), **kept)


def _bold(pattern: str, **words: str) -> SafeString:
    strong = {name: markup("<b>{}</b>", word) for name, word in words.items()}
    return markup(pattern.replace("%(", "{").replace(")s", "}"), **strong)


def _answered(concern: Concern) -> Said:
    if concern.patient.you or concern.asked_by.you:
        return Said("waiting", _("Answered."), _("Waiting for your yes"))
    return Said(
        "answered", _("Answered."), _("Waiting for %(name)s’s yes") % {"name": called(concern.patient)}
    )


def _heard(concern: Concern) -> Said:
    if concern.ended is None or concern.ended_by is None:
        return Said("heard", _("Heard."))
    day = on_day(concern.ended)
    if concern.ended_by.you:
        return Said("heard", _("Heard."), _("You said so %(day)s") % {"day": day})
    who = called(concern.ended_by)
    return Said("heard", _("Heard."), _("%(name)s said so %(day)s") % {"name": who, "day": day})


def reason(concern: Concern, *, patient: bool) -> str:
    """Why it was closed, in the words for who reads."""
    known = CLOSED.get(concern.reason)
    if known and concern.reason != "other":
        return str(known[0 if patient else 1])
    return concern.reason_words or REASONS.get(concern.reason, "")


def _closed(concern: Concern) -> Said:
    mine = concern.patient.you or concern.asked_by.you
    bold = _("Closed: %(reason)s") % {"reason": reason(concern, patient=mine)}
    rest = ""
    if concern.ended and concern.ended_by and not concern.ended_by.you:
        rest = _("%(name)s, %(day)s") % {"name": named(concern.ended_by), "day": on_day(concern.ended)}
    return Said("closed", bold, rest)


def to_staff(concern: Concern) -> Said:
    """How a question stands, to the team: what is to be done by when leads, who has it follows."""
    if concern.state == "answered":
        bold = _("Waiting for %(name)s") % {"name": called(concern.patient)}
        return Said("answered", bold, _answered_by(concern))
    if concern.state in ("heard", "closed"):
        return _heard(concern) if concern.state == "heard" else _closed(concern)
    rest = _holder(concern)
    if concern.stat:
        ring = _("Ring %(name)s now") % {"name": called(concern.patient)}
        marked = _("Marked urgent.")
        return Said("urgent", ring, f"{marked} {rest}".strip())
    if concern.late and concern.due:
        return Said("late", _("Late by %(time)s") % {"time": late_by(concern.due)}, rest)
    by = due(concern.due) if concern.due else ""
    pattern = _("Take by %(time)s") if concern.owner is None else _("Answer by %(time)s")
    return Said(concern.state, pattern % {"time": by}, rest)


def _answered_by(concern: Concern) -> str:
    if concern.no_reply:
        return _("No reply for a long time. You may close it.")
    if concern.answered is None or concern.answered_by is None:
        return ""
    if concern.answered_by.you:
        return _("You answered %(time)s") % {"time": when(concern.answered)}
    return _("%(name)s answered %(time)s") % {
        "name": called(concern.answered_by),
        "time": when(concern.answered),
    }


def _holder(concern: Concern) -> str:
    """Who has it, as staff read it; how long it has waited when nobody has."""
    parts = [_("Open again.")] if concern.state == "reopened" else []
    passed = concern.passed_to
    if passed and (before := had_it_before(concern)):
        parts.append(_("Was with %(name)s.") % {"name": called(before) if before.you else before.name})
    if concern.owner is None:
        parts.append(_("Waited %(time)s.") % {"time": late_by(concern.raised)})
    elif concern.covered:
        parts.append(_("%(name)s has it; you stand in.") % {"name": called(concern.owner)})
    elif not passed or passed.ref != concern.owner.ref:
        parts.append(has_it(concern.owner))
    if passed:
        parts.append(_("Passed on to %(name)s.") % {"name": called(passed)})
    return " ".join(parts)


def had_it_before(concern: Concern) -> Face | None:
    """Who had a late question before it was last passed on; None where nobody had."""
    holder, before = None, None
    for step in concern.happened:
        if step.code == "taken":
            holder = step.by
        elif step.code in ("handed-over", "assigned"):
            holder = step.to
        elif step.code == "returned":
            holder = None
        elif step.code == "passed-on":
            before, holder = holder, step.to if holder else None
    return before


@dataclass(frozen=True, slots=True)
class Happened:
    """One step in the life of a question, in words: what was done by whom, the reason, when."""

    what: str
    words: str
    when: str


#: What can happen -> the sentence with who did it, and to whom.
STEPS: dict[str, Lazy] = {
    "taken": lazy("%(by)s took it"),
    "handed-over": lazy("%(by)s handed it to %(to)s"),
    "assigned": lazy("%(by)s gave it to %(to)s"),
    "returned": lazy("%(by)s gave it back to the team"),
    "passed-on": lazy("It was late, so it was passed on to %(to)s"),
    "answered": lazy("%(by)s answered"),
    "confirmed": lazy("%(by)s said: yes, this answers it"),
    "not-yet": lazy("%(by)s said: not yet"),
    "answer-withdrawn": lazy("%(by)s took the answer back"),
    "closed": lazy("%(by)s closed it"),
    "split": lazy("%(by)s made separate questions of it"),
    "reminded": lazy("We asked again whether this answers it"),
    "silent": lazy("There was no reply for a long time"),
    "urgent": lazy("%(by)s marked it urgent"),
    "not-urgent": lazy("%(by)s said it is not urgent"),
}


#: The same where it is said whose it was.
WHOSE: dict[str, Lazy] = {
    "taken": lazy("%(by)s took it, in for %(whose)s"),
    "returned": lazy("%(whose)s does not work here any more. It is the team’s again"),
}

#: Why a notice did not arrive (`shapes.promises.LOST`).
LOST: dict[str, Lazy] = {
    "no-account": lazy("They have no account here."),
    "no-address": lazy("We know no e-mail address that is theirs."),
    "failed": lazy("The e-mail could not be delivered."),
}


def happened(step: Happening) -> Happened:
    """A step as a sentence."""
    whose = named(step.whose) if step.whose else ""
    pattern = (WHOSE if whose else STEPS).get(step.code)
    by = pgettext("who did something with a question", "You") if step.by.you else named(step.by)
    to = (called(step.to) if step.to.you else named(step.to)) if step.to else ""
    what = str(pattern) % {"by": by, "to": to, "whose": whose} if pattern else step.words
    return Happened(what, step.words if pattern else "", dates.opening(when(step.at)))


def promise(item: Promise, *, staff: bool) -> Said:
    """How a promise stands; who made it leads."""
    if item.state == "kept":
        return Said("kept", "", _("Kept %(day)s") % {"day": on_day(item.ended)} if item.ended else _("Kept"))
    if item.state == "broken":
        return Said("not-kept", _("Not kept."), item.ended_words)
    state = "promised" if item.by.you else "promise"
    time = due(item.due)
    bold = _("Late. It was for %(time)s.") % {"time": time} if item.late else f"{dates.opening(time)}."
    return Said("late" if item.late else state, bold, _promiser(item))


def _promiser(item: Promise) -> str:
    """Who promised it: the name that every open thing has; and who keeps it since they left."""
    by = _("Promised by %(name)s") % {"name": called(item.by) if item.by.you else named(item.by)}
    if item.keeper is None:
        return by
    return _("%(promised)s. %(name)s keeps it now") % {"promised": by, "name": item.keeper.name}


def read_by(letter: Letter, *, own: bool = True) -> str:
    """Who opened a letter, in which role, when: one line under it. The writer is left out.

    own  also say that who reads did; "" when nobody else has
    """
    openings = [one for one in letter.opened if one.by.ref != letter.by.ref and (own or not one.by.you)]
    if not openings:
        return "" if letter.opened else _("Not opened yet")
    shown = [_opening(one) for one in openings[:4]]
    more = len(openings) - len(shown)
    if more:
        shown.append(ngettext("%(n)s more", "%(n)s more", more) % {"n": more})
    return _("Read by %(people)s") % {"people": join(shown)}


def _opening(one: Opened) -> str:
    if one.by.you:
        return _("you, %(time)s") % {"time": when(one.at)}
    return _("%(name)s, %(time)s") % {"name": named(one.by), "time": when(one.at)}


def quote(text: str) -> str:
    """Own words in the reader's quotation marks, as plain text."""
    return pgettext("quotation marks around somebody's words", "“%s”") % text
