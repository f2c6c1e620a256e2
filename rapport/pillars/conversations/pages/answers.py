"""How many questions were answered when it was promised."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from rapport.people.request import Request, staff_only
from rapport.pillars.conversations import reading
from rapport.ui.show import show


@require_safe
@staff_only
def answers(request: Request) -> HttpResponse:
    """`/answers/`: of one's teams, and of oneself; for who leads, of everybody in them."""
    return show(request, "conversations/answers.html", reading.answers(request.door))
