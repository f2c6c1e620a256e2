"""Verbs that need a few words first: each is a small page with one form, and a POST to the same address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from rapport.fhir.outcomes import Refused, not_found
from rapport.people.request import Request
from rapport.pillars.conversations import forms as ours
from rapport.pillars.conversations import reading
from rapport.pillars.conversations.contexts import Trouble
from rapport.pillars.conversations.contexts.acting import ActPage, VersionsPage, WorkedOn
from rapport.pillars.conversations.contexts.talking import question_line
from rapport.pillars.conversations.pages import common, runs
from rapport.pillars.conversations.pages.runs import Work
from rapport.ui.show import show


@dataclass(frozen=True, slots=True)
class Act:
    """One such verb.

    on      what the address names: "concern", "letter", "promise" or nothing but the conversation
    may     verbs of which one must be open to the person; none for what the rules alone decide
    choices  what its form is made with
    """

    title: Any
    button: Any
    form: type[forms.Form]
    run: Callable[[Work, forms.Form], str]
    on: str = "concern"
    may: tuple[str, ...] = ()
    hint: Any = ""
    choices: Callable[[Work], dict[str, Any]] | None = None


ACTS: dict[str, Act] = {
    "note": Act(
        lazy("A note to the team"),
        lazy("Keep the note"),
        ours.NoteForm,
        runs.note,
        "",
        ("note",),
        lazy("Only people who work here ever read it."),
    ),
    "hand-over": Act(
        lazy("Hand it to someone"),
        lazy("Hand it over"),
        ours.HandOverForm,
        runs.hand_over,
        may=("hand-over", "assign"),
        choices=runs.colleagues,
        hint=lazy("They see who has it now. The time by which it is answered stays."),
    ),
    "take-over": Act(
        lazy("Take it over"),
        lazy("Take it over"),
        ours.ReasonForm,
        runs.take_over,
        may=("take",),
        hint=lazy("Your colleague and the person see that you have it now."),
    ),
    "question": Act(
        lazy("Mark a question in this message"),
        lazy("Keep the question"),
        ours.QuestionForm,
        runs.question,
        "letter",
        hint=lazy("It is tracked by itself until it is heard."),
    ),
    "take-back": Act(
        lazy("Give it back to the team"),
        lazy("Give it back"),
        ours.ReasonForm,
        runs.take_back,
        may=("take-back",),
        hint=lazy("Then nobody has it, and the team is asked to take it."),
    ),
    "close": Act(
        lazy("Close it with a reason"),
        lazy("Close the question"),
        ours.CloseForm,
        runs.close,
        may=("close",),
        choices=runs.reasons,
        hint=lazy("Only the person can say that it is heard. This is for when they cannot."),
    ),
    "no-need": Act(
        lazy("I do not need this any more"),
        lazy("Take my question back"),
        ours.WordsForm,
        runs.no_need,
        may=("withdraw",),
        hint=lazy("Nobody answers it then. You can ask again at any time."),
    ),
    "split": Act(
        lazy("Make it into separate questions"),
        lazy("Keep these questions"),
        ours.SplitForm,
        runs.split,
        may=("split",),
        hint=lazy("Each is then answered and confirmed by itself."),
    ),
    "merge": Act(
        lazy("Put questions together"),
        lazy("Put them together"),
        ours.MergeForm,
        runs.merge,
        "",
        choices=runs.mergeable,
    ),
    "urgent": Act(
        lazy("Urgent or not"),
        lazy("Change it"),
        ours.ReasonForm,
        runs.urgent,
        may=("urgent",),
        hint=lazy("Urgent questions are first in the inbox, for everyone."),
    ),
    "promise": Act(
        lazy("Make a promise"),
        lazy("Promise it"),
        ours.PromiseForm,
        runs.promise,
        "",
        ("promise",),
        lazy("Both of you see it, with its day, until it is kept."),
    ),
    "keep": Act(
        lazy("This promise is kept"), lazy("Yes, it is kept"), ours.WordsForm, runs.keep, "promise", ("keep",)
    ),
    "break": Act(
        lazy("This promise cannot be kept"),
        lazy("Write it down"),
        ours.ReasonForm,
        runs.break_,
        "promise",
        ("break",),
        lazy("Say why, and what happens instead. They read it."),
    ),
    "correct": Act(
        lazy("Correct your message"),
        lazy("Keep the correction"),
        ours.CorrectForm,
        runs.correct,
        "letter",
        ("correct",),
        lazy("Everyone sees that it was corrected. The first words are kept."),
    ),
    "withdraw": Act(
        lazy("Take your message back"),
        lazy("Take it back"),
        ours.SureForm,
        runs.withdraw,
        "letter",
        ("withdraw",),
        lazy("Its place says that you took it back. The words are kept, out of sight."),
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: Request, rid: str, verb: str) -> HttpResponse:
    """`/messages/<rid>/<verb>/?concern=…`: the form of a verb, and what it does."""
    chosen = ACTS[verb]
    work = _work(request, rid, chosen)
    given = chosen.choices(work) if chosen.choices else {}
    if request.method == "POST":
        form = chosen.form(request.POST, **given)
        if not form.is_valid():
            return _shown(work, verb, form, status=422)
        try:
            done = chosen.run(work, form)
        except Refused as refused:
            common.keep_draft(request, _place(work, verb))
            return _shown(work, verb, form, common.trouble(refused), status=refused.status)
        common.forget_draft(request, _place(work, verb))
        messages.success(request, done)
        return common.to_conversation(rid)
    about = work.concern or work.letter or work.promise
    draft = common.draft_about(request, _place(work, verb), chosen.on, about.rid if about else "")
    return _shown(work, verb, chosen.form(initial=_initial(work, draft), **given))


def _work(request: Request, rid: str, chosen: Act) -> Work:
    """What the address names; not-found for what is not in this conversation or not open to this person."""
    view = reading.conversation(request.door, rid)
    wanted = request.POST.get(chosen.on) or request.GET.get(chosen.on, "") if chosen.on else ""
    listed: dict[str, tuple[Any, ...]] = {
        "concern": view.concerns,
        "letter": view.letters,
        "promise": view.promises,
    }
    found = next((one for one in listed.get(chosen.on, ()) if one.rid == wanted), None)
    if chosen.on and found is None:
        raise not_found()
    work = Work(request, view, **({chosen.on: found} if chosen.on else {}))
    allowed = found.may if found is not None else view.may
    if chosen.may and not allowed & set(chosen.may) and request.method != "POST":
        raise not_found()
    if not chosen.on and request.actor.kind != "staff":
        raise not_found()
    return work


def _place(work: Work, verb: str) -> str:
    """Where its words are kept: the address, with what it is about."""
    about = work.concern or work.letter or work.promise
    return f"{work.request.path}?{about.rid}" if about else work.request.path


def _initial(work: Work, draft: ours.Posted | None) -> dict[str, Any]:
    if draft:
        return {
            name: values if name == "concerns" else values[-1] for name, values in draft.lists() if values
        }
    if work.letter is not None:
        return {"text": work.letter.text}
    if work.concern is not None:
        return {"parts": work.concern.words}
    return {}


def _shown(
    work: Work, verb: str, form: forms.Form, trouble: Trouble | None = None, *, status: int = 200
) -> HttpResponse:
    chosen = ACTS[verb]
    about = work.concern or work.letter or work.promise
    page = ActPage(
        title=chosen.title,
        hint=chosen.hint,
        button=chosen.button,
        form=form,
        about=WorkedOn(
            question=question_line(work.concern, staff=work.view.staff) if work.concern else None,
            letter=work.letter,
            promise=work.promise,
        ),
        name=chosen.on,
        rid=about.rid if about else "",
        once=work.once,
        place=_place(work, verb),
        conversation=work.view.rid,
        heading=work.view.title,
        trouble=trouble,
    )
    return show(work.request, "conversations/act.html", page, status=status)


@require_http_methods(["GET", "HEAD"])
def versions(request: Request, rid: str) -> HttpResponse:
    """`/messages/<rid>/versions/?letter=…`: the first words of a message that was corrected or taken back."""
    view = reading.conversation(request.door, rid)
    letter = next((one for one in view.letters if one.rid == request.GET.get("letter")), None)
    if letter is None or "versions" not in letter.may:
        raise not_found()
    page = VersionsPage(view.rid, view.title, letter, reading.versions(request.door, letter.rid))
    return show(request, "conversations/versions.html", page)
