"""The leak matrix: whoever asks, whatever way they ask, no byte of the answer tells what is not theirs.

Amina's record carries marks in every value (`marks`); everybody (`who`) asks for it in every way (`ways`);
each answer is searched for marks of shelves that this person may not see. Who may see them asks the same,
and does find them: by each way, so that each way can fail. In short they ask as Rapport works, with both
belts; at length the filters alone have to hold.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from rapport.people import notices
from rapport.people.models import Mail, Notice
from tests.leaks import ways
from tests.leaks import who as whom
from tests.leaks.asking import Asked, Said, ask, open_page
from tests.leaks.marks import AMINA, Shelf, shelves
from tests.leaks.ways import some
from tests.leaks.world import World

#: Of all questions so many, of each page so many go with every run; `make test-long` asks them all.
SOME_FHIR, SOME_PAGES = 1400, 2
#: Ways that answer the same whatever is there, or tell it in no byte; and those that nothing fits: a
#: text index, value sets that hold the marks, references by identifier.
SILENT = {
    "read by HEAD", "stale update", "stale delete", "patch", "$validate what is there", "what the server can",
    "no such place", "an export of somebody", "$export of all", "$import of all", "$export of type",
    "$export of one", "$validate of type", "$meta of one", "operation on a version", "_text", "_content",
    ":in", ":not-in", ":below", ":identifier", "$expand of type", "$validate-code of type", "$apply of type",
}  # fmt: skip


#: Pages that show something of a person: some, so that it is noticed when the marks reach them no more.
#: Those with one id at most: with two, all pairs of ids would be tens of thousands of pages.
SHOWING = {
    "", "day/", "inbox/", "people/<str:rid>/", "messages/", "messages/<str:rid>/", "messages/file/<str:rid>/",
    "messages/<str:rid>/versions/", "messages/<str:rid>/more/",
}  # fmt: skip


def beyond(answer: bytes, asked: bytes, allowed: frozenset[Shelf]) -> set[Shelf]:
    """The shelves that an answer should not have told of."""
    return shelves(AMINA, answer, asked) - allowed


def leaks_of_fhir(
    world: World, who: str, asking: Iterable[Asked], allowed: frozenset[Shelf]
) -> Iterator[tuple[Asked, set[Shelf]]]:
    """The probes of `/fhir` whose answers tell too much."""
    token = world.tokens.get(who, who)
    for asked in asking:
        said = ask(asked, token)
        assert said.status < 500, (who, asked, said.body)
        if told := beyond(said.whole, asked.whole, allowed):
            yield asked, told


def leaks_of_pages(
    world: World, who: str, asking: Iterable[Asked], allowed: frozenset[Shelf]
) -> Iterator[tuple[Asked, set[Shelf]]]:
    """The pages whose answers tell too much."""
    browser = world.client(who)
    for asked in asking:
        said = open_page(browser, asked)
        assert said.status < 500, (who, asked)
        if told := beyond(said.whole, asked.whole, allowed):
            yield asked, told


def probe(world: World, who: str, allowed: frozenset[Shelf], *, every: bool) -> Counter[str]:
    """Ask as somebody, in some ways or in all; the number of questions. Fails for any that tells too much."""
    asking = list(ways.fhir(AMINA))
    pages = list(ways.pages(ways.theirs(AMINA, world.pages[AMINA.word])))
    if not every:
        asking, pages = some(asking, SOME_FHIR, who), some(pages, 0, who, least=SOME_PAGES)
    told = list(leaks_of_fhir(world, who, asking, allowed))
    assert not told, (who, len(told), told[:5])
    seen = list(leaks_of_pages(world, who, pages, allowed)) if who in world.cookies or not who else []
    assert not seen, (who, len(seen), seen[:5])
    return Counter(fhir=len(asking), pages=len(pages))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("who", whom.MAY)
def test_nobody_sees_what_is_not_theirs(belted: World, who: str) -> None:
    counted = probe(belted, who, whom.MAY[who], every=False)
    assert counted["fhir"] >= SOME_FHIR


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("who", whom.MAY)
def test_nobody_sees_what_is_not_theirs_in_any_way(world: World, who: str) -> None:
    counted = probe(world, who, whom.MAY[who], every=True)
    assert counted["fhir"] > 10_000


def finds(world: World, who: str, asking: Iterable[Asked]) -> dict[str, set[Shelf]]:
    """Way → the shelves that it told of."""
    found: dict[str, set[Shelf]] = defaultdict(set)
    for asked in asking:
        said: Said = ask(asked, world.tokens[who])
        assert said.status < 500, (who, asked, said.body)
        found[asked.way] |= shelves(AMINA, said.whole, asked.whole)
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_who_may_finds_it_by_every_way(belted: World) -> None:
    """All that is theirs, nothing else, and there is no way by which none of them finds anything."""
    by_way: dict[str, set[Shelf]] = defaultdict(set)
    for who, allowed in whom.CONTROLS.items():
        found = finds(belted, who, some(ways.fhir(AMINA), 2 * SOME_FHIR, who))
        everything = set().union(*found.values())
        assert everything <= allowed, who
        assert not {shelf for shelf in allowed if shelf.letter == "o"} - everything, who
        for way, told in found.items():
            by_way[way] |= told
    assert {way for way, told in by_way.items() if not told} <= SILENT


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pages_show_it_to_who_may_see_it(belted: World) -> None:
    """Every page that shows anything of a person's record, so that the pages of the matrix can fail."""
    told: dict[str, set[Shelf]] = defaultdict(set)
    for who in ("amina", "dara", "kin-all"):
        browser = belted.client(who)
        for asked in ways.pages(ways.theirs(AMINA, belted.pages[AMINA.word])):
            if asked.method == "GET" and asked.way in SHOWING:
                told[asked.way] |= shelves(AMINA, open_page(browser, asked).whole, asked.whole)
    assert not {way for way in SHOWING if not told[way]}


@pytest.mark.slow
def test_e_mails_say_nothing(world: World, settings: Any) -> None:
    """Whatever happened in the seeded world, and whoever is told of it."""
    settings.EMAIL_HOST = "mail.example.org"
    Notice.objects.update(due_at=timezone.now())
    told = set(Notice.objects.filter(done_at=None).values_list("person", flat=True))
    sent = [mail for mail in map(notices.gather, sorted(told)) if mail]
    assert AMINA.ref in {mail.person for mail in sent}
    for mail in Mail.objects.all():
        assert not shelves(AMINA, f"{mail.subject}\n{mail.body}".encode())


@pytest.mark.slow
def test_nobody_listens_with_another_s_page(belted: World) -> None:
    """What an open page watches is signed for who opened it."""
    page = belted.client("amina").get("/messages/").content.decode()
    found = re.search(r'data-live="([^"]+)"', page)
    assert found
    asked = f"/live/?{urlencode({'t': unescape(found[1]), 's': '0'})}"
    assert belted.client("amina").get(asked).status_code == 200
    for who in belted.cookies:
        if who != "amina":
            assert belted.client(who).get(asked).status_code in (302, 400, 401), who


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_handler_of_the_router_is_asked(belted: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new handler that no way of asking reaches fails here."""
    from rapport.fhir_api import app

    reached = set()
    route = app.route

    def noting(request: Any) -> Any:
        handler = route(request)
        reached.add(f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}")
        return handler

    monkeypatch.setattr(app, "route", noting)
    asking = [*ways.of_everything(AMINA)]
    for rtype in ("Patient", "Group", "ValueSet"):
        asking += [*ways.of_type(AMINA, rtype), *ways.of_one(rtype, AMINA.rid(rtype))]
    for asked in asking:
        ask(asked, belted.tokens["program"])
    assert ways.handlers() - reached == set()
