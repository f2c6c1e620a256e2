"""A look that somebody does not understand becomes a question to who answers for privacy."""

from __future__ import annotations

import uuid

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.home.contexts import AskLookPage
from rapport.people import actors, site
from rapport.people.request import Request
from rapport.people.settings_shapes import Topic
from rapport.pillars.circle import reading
from rapport.pillars.circle.contexts import LookLine, look_line
from rapport.pillars.circle.pages.sharing import patients_only
from rapport.pillars.conversations import actions
from rapport.ui.dates import clock, full_day
from rapport.ui.errors import in_language
from rapport.ui.show import show

#: The topic of the site's settings that goes to who answers for privacy; else that of their team.
TOPIC = "privacy"
MOST_WORDS = 2000


@require_http_methods(["GET", "HEAD", "POST"])
@patients_only
def ask(request: Request, number: int) -> HttpResponse:
    """`/looked/<number>/ask/`: the look, your words, and who answers by when."""
    line = look_line(reading.look(request.door, request.actor.ref, number))
    said = request.POST.get("text", "").strip()[:MOST_WORDS]
    once, trouble = request.POST.get("once", "") or str(uuid.uuid4()), ""
    if request.method == "POST":
        try:
            return _asked(request, line, said or _("Why was this opened?"), once)
        except Refused as refused:
            trouble = " ".join(filter(None, (in_language(refused.text), in_language(refused.next))))
    page = AskLookPage(line, said, once, trouble)
    return show(request, "home/ask_look.html", page, status=422 if trouble else 200)


def _asked(request: Request, line: LookLine, words: str, once: str) -> HttpResponse:
    at = timezone.localtime(line.look.at)
    when = f"{full_day(at.date(), timezone.localdate())}, {clock(at)}"
    about = _("About a look at my record: %(who)s, %(when)s. %(did)s.") % {
        "who": line.title,
        "when": when,
        "did": "; ".join(line.did),
    }
    topic = topic_of(request.door)
    if topic is None:
        raise Refused("rule", _("This site has no topics yet."), _("Ring your clinic."))
    sent = actions.start(
        request.door,
        once=once,
        topic=topic.id,
        text=f"{about}\n\n{words}",
        concerns=[words.splitlines()[0]],
        title=_("Who has looked: %(who)s") % {"who": line.look.name},
    )
    return HttpResponseRedirect(reverse("conversation", args=[sent.conversation]), status=303)


def topic_of(door: Door) -> Topic | None:
    """The topic whose team answers for privacy: named so, else the first of the privacy officer's team."""
    rules = site.current()
    found = rules.topic(TOPIC)
    if found is None:
        held = actors.positions(door.conn, role=f"{actors.DUTY}|privacy")
        teams = {at.team for at in held if at.team}
        found = next((one for one in rules.topics if one.team in teams), None)
    return found or next(iter(rules.topics), None)
