"""What each small form does once it is filled in. Each returns the sentence that says it was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from rapport.fhir.outcomes import not_found
from rapport.people import site
from rapport.people.request import Request, once_token
from rapport.pillars.conversations import actions, reading
from rapport.pillars.conversations.contexts import said
from rapport.pillars.conversations.forms import PromiseForm
from rapport.pillars.conversations.reading import Concern, ConversationView, Letter, Promise
from rapport.pillars.conversations.rules import STAFF_REASONS

#: When a day ends on which we are closed.
DAY_ENDS = time(18)


@dataclass(frozen=True, slots=True)
class Work:
    """What an act works on: the conversation, and the question, letter or promise that the address names."""

    request: Request
    view: ConversationView
    concern: Concern | None = None
    letter: Letter | None = None
    promise: Promise | None = None

    @property
    def once(self) -> str:
        return once_token(self.request.POST.get("once", ""))

    @property
    def asked(self) -> Concern:
        """The question; not-found where the address names none."""
        if self.concern is None:
            raise not_found()
        return self.concern

    @property
    def written(self) -> Letter:
        if self.letter is None:
            raise not_found()
        return self.letter

    @property
    def promised(self) -> Promise:
        if self.promise is None:
            raise not_found()
        return self.promise


def note(work: Work, form: forms.Form) -> str:
    """A note to the team."""
    given = form.cleaned_data
    actions.note(work.request.door, once=work.once, conversation=work.view.rid, text=given["text"])
    return _("Noted for the team.")


def hand_over(work: Work, form: forms.Form) -> str:
    """The question goes to a named person, or to a team."""
    given = form.cleaned_data
    concern = work.asked
    do = actions.hand_over if "hand-over" in concern.may else actions.assign
    do(work.request.door, concern=concern.rid, to=given["to"], reason=given["reason"])
    name = dict(colleagues(work)["colleagues"]).get(given["to"], "")
    return _("It is with %(name)s now.") % {"name": name}


def colleagues(work: Work) -> dict[str, Any]:
    """Who may take it: (ref, label) pairs."""
    found = []
    for one in reading.colleagues(work.request.door):
        label = said.named(one.face)
        if one.away and one.covered_by and one.covered_by.you:
            label = _("%(name)s (away; you stand in)") % {"name": label}
        elif one.away and one.covered_by:
            label = _("%(name)s (away; %(cover)s stands in)") % {
                "name": label,
                "cover": said.called(one.covered_by),
            }
        elif one.away:
            label = _("%(name)s (away)") % {"name": label}
        found.append((one.face.ref, label))
    return {"colleagues": found}


def take_back(work: Work, form: forms.Form) -> str:
    """Nobody has it; the team does."""
    given = form.cleaned_data
    actions.take_back(work.request.door, concern=work.asked.rid, reason=given["reason"])
    return _("Nobody has it now. The team sees it again.")


def close(work: Work, form: forms.Form) -> str:
    """Closed for a reason that is recorded."""
    given = form.cleaned_data
    actions.close_with_reason(
        work.request.door, concern=work.asked.rid, reason=given["reason"], words=given["words"]
    )
    return _("Closed, with the reason.")


def reasons(work: Work) -> dict[str, Any]:
    """Reasons that staff may choose now: (code, words) pairs."""
    left_out = () if work.asked.no_reply else ("no-reply",)
    return {"reasons": [(code, _(words)) for code, words in STAFF_REASONS.items() if code not in left_out]}


def no_need(work: Work, form: forms.Form) -> str:
    """Who asked needs it no more."""
    text = form.cleaned_data["words"] or _("Not needed any more")
    actions.take_question_back(work.request.door, concern=work.asked.rid, words=text)
    return _("Taken back. You can ask again at any time.")


def take_over(work: Work, form: forms.Form) -> str:
    """A question that a colleague has."""
    actions.take(work.request.door, concern=work.asked.rid, reason=form.cleaned_data["reason"])
    return _("You have it now.")


def question(work: Work, form: forms.Form) -> str:
    """One more question is seen in a letter."""
    given = form.cleaned_data
    actions.mark_concern(work.request.door, once=work.once, letter=work.written.rid, text=given["text"])
    return _("It is a question of its own now. Someone takes it.")


def split(work: Work, form: forms.Form) -> str:
    """One question becomes several."""
    given = form.cleaned_data
    actions.split(work.request.door, once=work.once, concern=work.asked.rid, parts=given["parts"])
    return _("They are separate questions now.")


def merge(work: Work, form: forms.Form) -> str:
    """Several become one."""
    given = form.cleaned_data
    actions.merge(work.request.door, concerns=tuple(given["concerns"]), reason=given["reason"])
    return _("It is one question now.")


def mergeable(work: Work) -> dict[str, Any]:
    """Questions that can be put together: (rid, words) pairs."""
    return {"choices": [(one.rid, said.quote(one.words)) for one in work.view.concerns if "merge" in one.may]}


def urgent(work: Work, form: forms.Form) -> str:
    """Urgent, or urgent no more."""
    given = form.cleaned_data
    on = not work.asked.stat
    actions.mark_urgent(work.request.door, concern=work.asked.rid, urgent=on, reason=given["reason"])
    return _("Marked urgent. It is first in the inbox.") if on else _("Not urgent any more.")


def promise(work: Work, form: forms.Form) -> str:
    """A promise with its day."""
    assert isinstance(form, PromiseForm)
    given, rules = form.cleaned_data, site.current()
    spans = rules.hours.get(given["day"].weekday(), ())
    due = form.due(rules.zone, spans[-1][1] if spans else DAY_ENDS)
    actions.promise(
        work.request.door, once=work.once, conversation=work.view.rid, text=given["text"], due=due
    )
    return _("Promised. Both of you see it until it is kept.")


def keep(work: Work, form: forms.Form) -> str:
    """It was kept."""
    given = form.cleaned_data
    actions.keep_promise(work.request.door, promise=work.promised.rid, words=given["words"])
    return _("Kept.")


def break_(work: Work, form: forms.Form) -> str:
    """It was not kept, and why."""
    given = form.cleaned_data
    actions.break_promise(work.request.door, promise=work.promised.rid, words=given["reason"])
    return _("Written down, with your words. Both of you see it.")


def correct(work: Work, form: forms.Form) -> str:
    """Other words for a message."""
    given = form.cleaned_data
    actions.correct(work.request.door, letter=work.written.rid, text=given["text"])
    return _("Corrected. The first words are kept with it.")


def withdraw(work: Work, form: forms.Form) -> str:
    """A message is taken back."""
    actions.withdraw(work.request.door, letter=work.written.rid)
    return _("Taken back.")
