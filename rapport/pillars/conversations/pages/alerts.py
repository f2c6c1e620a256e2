"""What the team does with an alert, what it says of a reading, and the coach beside the answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.people.request import Request
from rapport.pillars.conversations import actions, reading
from rapport.pillars.conversations.contexts.coaching import coach_page
from rapport.pillars.conversations.contexts.hearing import unmet
from rapport.pillars.conversations.forms import LONGEST
from rapport.pillars.conversations.pages import common, talking
from rapport.pillars.conversations.pages.verbs import verb
from rapport.ui.show import show

#: Words that the coach reads at most: a page holds no more letters than that.
MOST = 5 * LONGEST


@verb
def take(request: Request, rid: str) -> HttpResponse:
    """I take this alert: nobody else is asked."""
    actions.take_alert(request.door, alert=request.POST.get("alert", ""))
    messages.success(request, _("You have it. Nobody else is asked now."))
    return common.to_conversation(rid)


@verb
def see_to(request: Request, rid: str) -> HttpResponse:
    """What was done about it."""
    posted = request.POST
    actions.see_to_alert(request.door, alert=posted.get("alert", ""), words=posted.get("words", ""))
    messages.success(request, _("Written down. It is seen to."))
    return common.to_conversation(rid)


@verb
def tell(request: Request, rid: str) -> HttpResponse:
    """Our software misread a letter, or missed something in it."""
    posted = request.POST
    actions.tell_reading(
        request.door,
        letter=posted.get("letter", ""),
        verdict=posted.get("verdict", ""),
        rules=[rule[:64] for rule in posted.getlist("rule")[:20]],
    )
    messages.success(request, _("Thank you. It is kept here, and counts when we check our software."))
    return common.to_conversation(rid)


@verb
def draft(request: Request, rid: str) -> HttpResponse:
    """A draft by software of the site's own, in the box: to be read, changed, and sent by a person or not."""
    common.staff_only(request)
    posted = request.POST.copy()
    view = reading.conversation(request.door, rid)
    words = actions.draft_answer(
        request.door,
        conversation=rid,
        letters=[letter.text for letter in unmet(view)],
        questions=[one.words for one in view.concerns if one.rid in posted.getlist("concern")],
    )
    own = posted.get("text", "").strip()
    posted["text"], posted["drafted"] = "\n\n".join(filter(None, (own, words))), "1"
    return talking.shown(request, rid, posted=posted)


@require_POST
def coach(request: Request, rid: str) -> HttpResponse:
    """`/messages/<rid>/coach/`: lines beside a draft, made of what is on the page alone; nothing is kept."""
    common.staff_only(request)
    text, heard = (request.POST.get(name, "") for name in ("text", "heard"))
    return show(request, "conversations/_coach.html", coach_page(text[:LONGEST], heard[:MOST]))
