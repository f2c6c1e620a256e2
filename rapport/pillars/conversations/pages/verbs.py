"""What one button does: each address takes a POST, does one thing, and leads back to the conversation.

A refusal shows the conversation as it now stands, says what changed, and keeps the words.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rapport.fhir.outcomes import Refused
from rapport.people.request import Request, once_token
from rapport.pillars.conversations import actions, reading
from rapport.pillars.conversations.contexts import Trouble, said
from rapport.pillars.conversations.contexts.coaching import CoachLine, stops
from rapport.pillars.conversations.contexts.hearing import unmet
from rapport.pillars.conversations.forms import uploads
from rapport.pillars.conversations.pages import common, talking
from rapport.pillars.conversations.reading import ConversationView

Page = Callable[[Request, str], HttpResponse]


def verb(view: Page) -> Page:
    """A POST that leads back. Its address opened as a page leads to the conversation."""

    @wraps(view)
    def page(request: Request, rid: str) -> HttpResponse:
        if request.method != "POST":
            return common.to_conversation(rid)
        try:
            return view(request, rid)
        except Refused as refused:
            said_so = common.trouble(refused)
            common.keep_draft(request, request.path)
            return talking.shown(request, rid, trouble=said_so, status=refused.status, posted=request.POST)

    return page


@verb
def confirm(request: Request, rid: str) -> HttpResponse:
    """Yes, this answers it."""
    actions.confirm(request.door, concern=request.POST.get("concern", ""))
    messages.success(request, _("Heard. Thank you for telling us."))
    return common.to_conversation(rid)


@verb
def not_yet(request: Request, rid: str) -> HttpResponse:
    """Not yet: it is open again, with what is missing."""
    rid_of = request.POST.get("concern", "")
    actions.not_yet(
        request.door,
        once=once_token(request.POST.get("once", "")),
        concern=rid_of,
        text=request.POST.get("text", "").strip(),
    )
    common.forget_draft(request, request.path)
    concern = reading.concern(request.door, rid_of)
    who = said.has_it(concern.owner) if concern.owner else _("Someone takes it soon.")
    messages.info(request, _("Open again. %(who)s") % {"who": who})
    return common.to_conversation(rid)


@verb
def take(request: Request, rid: str) -> HttpResponse:
    """I take this question."""
    concern = reading.concern(request.door, request.POST.get("concern", ""))
    actions.take(request.door, concern=concern.rid)
    messages.success(request, _("You have it: %(words)s") % {"words": said.quote(concern.words)})
    if request.POST.get("next") == "inbox":
        return common.to("inbox", **_view_of(request))
    return common.to_conversation(rid, f"?concern={concern.rid}#answer")


def _view_of(request: Request) -> dict[str, str]:
    """The part of the inbox from which it was taken."""
    known = {"whose": ("mine", "nobody", "cover"), "order": ("due",)}
    return {name: given for name, ways in known.items() if (given := request.POST.get(name, "")) in ways}


@verb
def answer(request: Request, rid: str) -> HttpResponse:
    """An answer to the questions that it names. Letters that came meanwhile are shown first."""
    posted = request.POST
    text, concerns = posted.get("text", "").strip(), tuple(posted.getlist("concern"))
    view = reading.conversation(request.door, rid)
    trouble = _not_ready(request, view, text)
    if trouble is not None:
        common.keep_draft(request, request.path)
        return talking.shown(request, rid, trouble=trouble, status=409 if text else 422, posted=posted)
    if "anyway" not in posted and view.staff and (stop := _stop(request, view, text, concerns)):
        common.keep_draft(request, request.path)
        return talking.shown(request, rid, posted=posted, stop=stop, status=409)
    medium = common.medium_of(posted)
    send = partial(actions.answer, concerns=concerns) if concerns else actions.write_more
    sent = send(
        request.door,
        once=once_token(posted.get("once", "")),
        conversation=rid,
        text=text,
        files=uploads(request.FILES.getlist("files")),
        medium=medium,
        drafted="drafted" in posted,
    )
    common.forget_draft(request, request.path)
    messages.success(request, _answered_words(len(concerns)))
    return common.to_sent(sent, medium)


def _answered_words(count: int) -> str:
    if not count:
        return _("Sent. It answers no question.")
    return ngettext(
        "Sent. They are asked whether this answers the question.",
        "Sent. They are asked about each of the %(n)s questions.",
        count,
    ) % {"n": count}


def _stop(
    request: Request, view: ConversationView, text: str, concerns: tuple[str, ...]
) -> tuple[CoachLine, ...]:
    """What to think of before it goes, asked once: danger not met, a question or a strong feeling unmet, a
    language that the person does not read, a way that they do not want."""
    fresh = [one for one in view.concerns if one.rid in concerns and one.state != "reopened"]
    asked = [one.words for one in fresh]  # what is missing of a reopened one stands in the last letters
    return (
        *common.unfit(request, view.patient, text, common.medium_of(request.POST)),
        *stops(text, "\n\n".join(letter.text for letter in unmet(view)), asked),
    )


def _not_ready(request: Request, view: ConversationView, text: str) -> Trouble | None:
    """Why an answer is not sent yet: it is empty, or the page was older than the conversation."""
    if not text:
        return Trouble(_("Your answer is empty."), _("Write it, then send."))
    seen = request.POST.get("seen", "")
    letters = view.letters
    rids = [letter.rid for letter in letters]
    after = letters[rids.index(seen) + 1 :] if seen in rids else ()
    fresh = [letter for letter in after if not letter.by.you and not letter.for_team]
    if not fresh:
        return None
    who = said.join(list(dict.fromkeys(said.called(letter.by) for letter in fresh)))
    return Trouble(
        _("While you wrote, %(name)s wrote too. Nothing was sent yet.") % {"name": who},
        _("Read it below. Your words are kept: send them when they still fit."),
    )
