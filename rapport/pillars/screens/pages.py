"""The pages of screens: what waits, a form to answer, its end; what staff order, read and look at."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.together import together
from rapport.people import alarms, chart
from rapport.people.alarms import Help
from rapport.people.portrait import language_name, short
from rapport.people.request import Request, once_token, see_other, staff_only
from rapport.pillars.screens import actions, finding, reading
from rapport.pillars.screens.contexts import (
    PREFIX,
    AnswersPage,
    Asked,
    CheckPage,
    ChecksPage,
    LookLine,
    OrderLine,
    StaffPage,
    asked_now,
    in_words,
    language_of,
    look_line,
    outcome,
    title_of,
    titles_of,
    trend_line,
    trend_lines,
)
from rapport.pillars.screens.forms import OrderForm, often
from rapport.pillars.screens.rules.scoring import may_be_offered
from rapport.pillars.screens.shapes.answers import Answers, values
from rapport.pillars.screens.shapes.orders import FollowUp
from rapport.pillars.screens.shapes.packs import Pack
from rapport.ui.errors import in_language
from rapport.ui.show import show

# ---------------------------------------------------------------- who is asked


@require_safe
def checks(request: Request) -> HttpResponse:
    """`/checks/`: what waits for who reads, and what came of the others."""
    _asked_only(request)
    with together(request.door) as later:
        drafts = later(reading.waiting, request.actor.ref)
        found = later(reading.trends, request.actor.ref)
        packs = later(finding.packs)
    waiting = tuple((one.rid, title_of(pack), bool(one.given)) for one, pack in drafts.value)
    kin = request.actor.kind == "kin"
    begun = {pack.url for _one, pack in drafts.value}
    offered = (one for one in packs.value if kin and one.instrument.carer and one.url not in begun)
    carer = tuple((one.url, title_of(one)) for one in offered)
    page = ChecksPage(waiting, trend_lines(found.value, packs.value), carer, kin, once_token())
    return show(request, "screens/checks.html", page)


@require_POST
def begin(request: Request) -> HttpResponse:
    """`/checks/begin/`: a form for carers, about themselves"""
    _asked_only(request)
    once = once_token(request.POST.get("once", ""))
    rid = actions.begin(request.door, once=once, form=request.POST.get("form", ""))
    return see_other(reverse("check", args=[rid]))


@require_safe
def check(request: Request, rid: str) -> HttpResponse:
    """`/checks/<rid>/`: `?q=` a question, `?show=all` all of them, `?show=end` to look over."""
    return _shown(request, rid, request.GET.get("q", ""), request.GET.get("show", ""))


@require_POST
def answer(request: Request, rid: str) -> HttpResponse:
    """`/checks/<rid>/answer/`: saves what was chosen at once, and goes on. Script sends one at a time."""
    _asked_only(request)
    chosen = {
        name.removeprefix(PREFIX): value[:200]
        for name, value in request.POST.items()
        if name.startswith(PREFIX) and isinstance(value, str) and value
    }
    actions.answer(request.door, answers=rid, chosen=chosen)
    if request.POST.get("each"):
        return _shown(request, rid, "", "all")
    if request.POST.get("show") == "all":
        return see_other(f"{reverse('check', args=[rid])}?show=end")
    return see_other(_next(request, rid, next(iter(chosen), request.POST.get("q", ""))))


def _next(request: Request, rid: str, behind: str) -> str:
    """The address of the question after one, or of the end."""
    given, pack = reading.answers(request.door, rid)
    roster = bool(alarms.on_call(request.door))
    links = [one.link for one in asked_now(pack, given, roster=roster, language="")]
    place = links.index(behind) + 1 if behind in links else 0
    query = f"?q={links[place]}" if place < len(links) else "?show=end"
    return reverse("check", args=[rid]) + query


@require_POST
def finish(request: Request, rid: str) -> HttpResponse:
    """`/checks/<rid>/finish/`"""
    _asked_only(request)
    actions.finish(request.door, answers=rid)
    return see_other(reverse("check", args=[rid]))


def _asked_only(request: Request) -> None:
    if request.actor.kind not in ("patient", "kin"):
        raise not_found()


def _shown(request: Request, rid: str, link: str, wanted: str) -> HttpResponse:
    """One form for who answers it; to all others it is not there."""
    _asked_only(request)
    given, pack = reading.answers(request.door, rid)
    if given.patient != request.actor.ref:
        raise not_found()
    on_call = alarms.on_call(request.door)
    language = language_of(pack)
    asked = asked_now(pack, given, roster=bool(on_call), language=language)
    open_now = next((one for one in asked if not one.chosen), None)
    one = next((one for one in asked if one.link == link), None) or open_now
    mode = _mode(given, pack, bool(on_call), one, wanted)
    score = reading.score_of(request.door, given) if mode == "done" else None
    carer = pack.instrument.carer
    looks = reading.looks_at(request.door, given.patient) if score and not carer else ()
    place = asked.index(one) if one else 0
    page = CheckPage(
        rid=rid,
        title=in_words(pack.title, language),
        intro=tuple(in_words(text, language) for text in pack.intro),
        mode=mode,
        asked=asked,
        one=one if mode == "one" else None,
        before=asked[place - 1].link if place else "",
        language=language,
        foreign="" if language == _reader() else language_name(language),
        withheld=_withheld(given, pack, on_call),
        help=_help(request, given, pack, on_call),
        outcome=outcome(score, next((one for one in looks if one.answers == given.ref), None)),
        carer=carer,
    )
    return show(request, "screens/check.html", page)


def _mode(given: Answers, pack: Pack, roster: bool, one: Asked | None, wanted: str) -> str:
    if given.state != "open":
        return "done" if given.state == "done" else "over"
    if not given.given and not may_be_offered(pack.instrument, roster):
        return "closed"
    if wanted in ("all", "end"):
        return wanted
    return "one" if one else "end"


def _withheld(given: Answers, pack: Pack, on_call: str) -> bool:
    """Whether a question about self-harm is left out: nobody is, or was, on call."""
    harm = [one.link for one in pack.questions if one.item in pack.instrument.harm]
    left = given.state == "open" and not on_call and any(link not in given.given for link in harm)
    return bool(given.withheld) or left


def _help(request: Request, given: Answers, pack: Pack, on_call: str) -> Help | None:
    """Help at once where an answer about self-harm is above zero now, in the language of the form."""
    if not any(value for item, value in values(pack, given).items() if item in pack.instrument.harm):
        return None
    talk = alarms.talk(request.door, given.ref)
    return Help("self_harm", _reader(), sent=True, on_call=on_call, answer=True, talk=talk)


def _reader() -> str:
    return (get_language() or "en").partition("-")[0]


# ---------------------------------------------------------------- staff


@require_safe
@staff_only
def of(request: Request, rid: str) -> HttpResponse:
    """`/checks/of/<patient>/`: results, what is asked, what somebody has to look at."""
    return _of(request, rid)


def _of(request: Request, rid: str, trouble: str = "", status: int = 200) -> HttpResponse:
    who = chart.whose(request.door, rid)
    shared = request.door.reaches(who.ref)
    with together(request.door) as later:
        packs, trends = later(finding.packs), later(reading.trends, who.ref)
        orders, looks = later(reading.orders, who.ref), later(reading.looks_at, who.ref)
    titles = {one.url: in_words(one.title, language_of(one)) for one in packs.value}
    lines = tuple(_look(request, one, "") for one in looks.value)
    offered = [one for one in packs.value if not one.instrument.carer]
    page = StaffPage(
        person=who,
        called=short(who.name),
        shared=shared,
        looks=tuple(one for one in lines if one.look.state != "done"),
        done=tuple(one for one in lines if one.look.state == "done"),
        results=trend_lines(trends.value, packs.value),
        orders=tuple(
            OrderLine(one, titles.get(one.form, one.form), often(one.weeks))
            for one in orders.value
            if one.active
        ),
        form=OrderForm(titles_of(offered), request.POST or None) if offered and shared else None,
        once=once_token(request.POST.get("once", "")),
        trouble=trouble,
        nobody=not alarms.on_call(request.door),
    )
    return show(request, "screens/staff.html", page, status=status)


def _look(request: Request, one: FollowUp, name: str) -> LookLine:
    return look_line(one, one.title, name, one.owner in request.actor.positions)


def look_lines(request: Request, found: tuple[FollowUp, ...]) -> tuple[LookLine, ...]:
    """Results that somebody of the reader's teams has to look at, for the inbox."""
    names = reading.names(request.door, {one.patient for one in found}) if found else {}
    return tuple(_look(request, one, names.get(one.patient, "")) for one in found)


@require_POST
@staff_only
def order(request: Request, rid: str) -> HttpResponse:
    """`/checks/of/<patient>/order/`"""
    who = chart.whose(request.door, rid)
    form = OrderForm(titles_of(finding.packs(request.door)), request.POST)
    if not form.is_valid():
        return _of(request, rid, _("Choose a check, and how often."), 422)
    chosen = form.cleaned_data
    once = once_token(request.POST.get("once", ""))
    try:
        actions.order(request.door, once=once, patient=who.ref, form=chosen["form"], weeks=chosen["weeks"])
    except Refused as refused:
        if refused.code in ("not-found", "gone"):
            raise
        return _of(request, rid, in_language(refused.text), refused.status)
    messages.success(request, _("They are asked now. A short e-mail says that something waits."))
    return see_other(reverse("checks_of", args=[rid]))


@require_POST
@staff_only
def end(request: Request, rid: str, order: str) -> HttpResponse:
    """`/checks/of/<patient>/<order>/end/`"""
    actions.end(request.door, order=order)
    messages.success(request, _("It is asked no more. What waits can still be answered."))
    return see_other(reverse("checks_of", args=[rid]))


@require_safe
@staff_only
def answers(request: Request, rid: str, answers: str) -> HttpResponse:
    """`/checks/of/<patient>/<answers>/`: what somebody answered"""
    who = chart.whose(request.door, rid)
    given, pack = reading.answers(request.door, answers)
    if given.patient != who.ref:
        raise not_found()
    language = language_of(pack)
    title = in_words(pack.title, language)
    score = reading.score_of(request.door, given)
    asked = asked_now(pack, given, roster=True, language=language)
    left = {one.link: _("Not asked: nobody was on call") for one in asked if one.link in given.withheld}
    page = AnswersPage(
        person=who,
        called=short(who.name),
        title=title,
        language=language,
        at=given.at,
        asked=tuple((one.words, one.chosen or left.get(one.link, "")) for one in asked),
        state=given.state,
        result=trend_line(reading.by_instrument([score])[0], title) if score else None,
    )
    return show(request, "screens/answers.html", page)


@require_POST
@staff_only
def take(request: Request, rid: str, task: str) -> HttpResponse:
    """`/checks/of/<patient>/<task>/take/`"""
    actions.take(request.door, task=task)
    messages.success(request, _("You have it."))
    return see_other(reverse("checks_of", args=[rid]))


@require_POST
@staff_only
def look_done(request: Request, rid: str, task: str) -> HttpResponse:
    """`/checks/of/<patient>/<task>/done/`"""
    try:
        actions.look_done(request.door, task=task, words=request.POST.get("words", ""))
    except Refused as refused:
        if refused.code in ("not-found", "gone"):
            raise
        return _of(request, rid, in_language(refused.text), refused.status)
    messages.success(request, _("Written down. It is seen to."))
    return see_other(reverse("checks_of", args=[rid]))
