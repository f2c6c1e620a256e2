"""A letter, or a conversation, as a page to print in large letters."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from rapport.fhir.outcomes import not_found
from rapport.people import paper as sheets
from rapport.people.request import Request
from rapport.pillars.conversations import actions, reading
from rapport.pillars.conversations.contexts.paper import PaperLetter, PaperPage
from rapport.pillars.conversations.reading import ConversationView
from rapport.ui.show import show


@require_safe
def paper(request: Request, rid: str) -> HttpResponse:
    """`/messages/<rid>/paper/?letter=…`: one letter, or all that stands on the page of the conversation"""
    view = reading.conversation(request.door, rid, before=request.GET.get("before", ""))
    letter = request.GET.get("letter", "")
    letters = tuple(_letters(view, letter))
    if not letters:
        raise not_found()
    actions.mark_opened(request.door, [one.rid for one in letters])
    page = PaperPage(
        sheet=sheets.sheet(request.door, view.patient.ref.partition("/")[2]),
        posted=view.staff,
        conversation=view.rid,
        title=view.title,
        alone=bool(letter),
        letters=letters,
    )
    return show(request, "conversations/paper.html", page)


def _letters(view: ConversationView, wanted: str) -> Iterator[PaperLetter]:
    """What goes on paper: never what is for the team alone, or was taken back."""
    asked = {one.rid: one.words for one in view.concerns}
    for one in view.letters:
        if one.for_team or one.state == "withdrawn" or wanted not in ("", one.rid):
            continue
        yield PaperLetter(
            rid=one.rid,
            by=one.by.name,
            role="" if one.by.kind == "patient" else one.by.role,
            at=one.sent,
            text=one.text,
            language=one.language,
            asked=tuple(asked[rid] for rid in one.answers if rid in asked),
            files=tuple(file.name for file in one.files),
            drafted=one.drafted,
        )
