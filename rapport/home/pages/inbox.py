"""The team inbox."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from rapport.fhir.outcomes import not_found
from rapport.gate.together import together
from rapport.home.contexts import InboxPage, alert_rows, inbox_rows
from rapport.home.contexts.errands import ErrandLine, staff_lines
from rapport.people import errands, live, site
from rapport.people.request import Request
from rapport.pillars.conversations import reading
from rapport.pillars.conversations.contexts import said
from rapport.pillars.conversations.pages.listing import topics_of
from rapport.pillars.conversations.reading import InboxCounts
from rapport.pillars.screens import reading as screens
from rapport.pillars.screens.contexts import LookLine
from rapport.pillars.screens.pages import look_lines
from rapport.ui.show import show

WHOSE = ("everyone", "mine", "nobody", "cover")
ORDERS = ("pressing", "due")
ROWS = 20


@require_safe
def inbox(request: Request) -> HttpResponse:
    """`/inbox/`: `?whose=` everyone, mine, nobody, cover; `?order=due` by due time."""
    if request.actor.kind != "staff":
        raise not_found()
    whose = request.GET.get("whose", "")
    order = request.GET.get("order", "")
    whose, order = whose if whose in WHOSE else WHOSE[0], order if order in ORDERS else ORDERS[0]
    watched = live.watch(request, topics_of(request))
    after = request.GET.get("after", "")
    found = reading.inbox(request.door, whose=whose, order=order, cursor=after, count=ROWS)
    alerts = alert_rows(found.alerts, timezone.localdate())
    results, held = _beside(request) if not after else ((), ())
    page = InboxPage(
        lede=lede(found.counts),
        teams=_teams(request),
        covering=found.covering,
        tabs=_tabs(found.counts, whose, order),
        whose=whose,
        order=order,
        alerts=alerts,
        looks=alert_rows(found.looks, timezone.localdate()),
        results=results,
        rows=inbox_rows(found.concerns, timezone.localdate(), quiet=any(one.loud for one in alerts)),
        errands=held,
        undelivered=tuple((one, str(said.LOST.get(one.why, ""))) for one in found.undelivered),
        more=found.more,
        live=watched[0],
        live_state=watched[1],
    )
    return show(request, "home/inbox.html", page)


def _beside(request: Request) -> tuple[tuple[LookLine, ...], tuple[ErrandLine, ...]]:
    """What waits for the reader and their teams beside the questions: results to look at, errands."""
    actor = request.actor
    with together(request.door) as later:
        looks = later(screens.looks, actor.teams)
        held = later(errands.of_owners, (*actor.positions, *actor.teams))
    return look_lines(request, looks.value), staff_lines(held.value, actor.positions)


def lede(counts: InboxCounts) -> str:
    """9 questions are open; 3 need someone now."""
    open_now = ngettext("%(n)s question is open", "%(n)s questions are open", counts.everyone) % {
        "n": counts.everyone
    }
    if counts.pressing:
        late = ngettext("%(n)s needs someone now", "%(n)s need someone now", counts.pressing) % {
            "n": counts.pressing
        }
        open_now = _("%(open)s; %(late)s") % {"open": open_now, "late": late}
    return f"{open_now}."


def _teams(request: Request) -> tuple[str, ...]:
    """The names of the reader's teams: whose questions these are."""
    rules, language = site.current(), get_language() or ""
    teams = [rules.say(team.name, language) for ref in request.actor.teams if (team := rules.team(ref))]
    return tuple(sorted(teams, key=str.casefold))


def _tabs(counts: InboxCounts, whose: str, order: str) -> tuple[dict[str, object], ...]:
    labels = {
        "everyone": (_("Everyone’s"), counts.everyone),
        "mine": (_("Mine"), counts.mine),
        "nobody": (_("Nobody’s"), counts.nobody),
        "cover": (_("Cover"), counts.cover),
    }
    return tuple(
        {"href": address(name, order), "label": label, "count": count, "here": name == whose}
        for name, (label, count) in labels.items()
        if name != "cover" or count or whose == "cover"
    )


def address(whose: str, order: str, after: str = "") -> str:
    """The address of a view of the inbox."""
    query = {
        "whose": whose if whose != WHOSE[0] else "",
        "order": order if order != ORDERS[0] else "",
        "after": after,
    }
    kept = {name: value for name, value in query.items() if value}
    return reverse("inbox") + (f"?{urlencode(kept)}" if kept else "")
