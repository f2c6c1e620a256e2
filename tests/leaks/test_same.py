"""What is hidden leaves no trace: with and without the hidden rows, the same questions have the same answers.

Everybody asks some hundred questions, well mixed, turns the pages of what they find, and opens pages of the
product. Then whatever they may not see is taken out of the database as if it had never been, and they ask the
same again. Status, headers and every byte must be equal: counts, orders, links and cursors with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache

from rapport.fhir.definitions import search_params
from rapport.fhir.keys import reference_key
from tests.leaks import ways, who
from tests.leaks.asking import Asked, Said, ask
from tests.leaks.marks import AMINA, EVE, MARKED, Shelf, Whose, chance
from tests.leaks.world import POINTING, World

TABLES = (
    "resource",
    "history",
    *(f"index_{kind}" for kind in ("token", "ref", "date", "number", "string", "uri")),
)
#: What is made anew for each page, whoever asks: tokens of forms, and what pages watch, signed with the time.
_ANEW = re.compile(
    r'name="(?:csrfmiddlewaretoken|once)" value="[^"]*"|data-live="[^"]*"'
    r"|\b[\w-]{20,}:[\w-]{5,}:[\w-]{20,}"
)
NEXT = re.compile(rb'"relation":"next","url":"http://testserver/fhir/([^"]*)"')
MOST_PAGES = 4


def questions(asker: str, whose: Whose, count: int) -> list[Asked]:
    """Questions about one's own record and about somebody else's; searches with totals, orders and pages."""
    rng = chance("questions of", asker, whose.word)
    every = [one for one in ways.fhir(whose) if "$export" not in one.path and "$import" not in one.path]
    return [_varied(rng, one) for one in rng.sample(every, count)]


def crossing(asker: str, count: int) -> list[Asked]:
    """Questions through a reference from one record into the other, in each direction."""
    mine, hers = (POINTING.format(whose.word) for whose in (EVE, AMINA))
    every = [Asked("cross", "GET", f"List?_id={mine}&_include=List:item&_count=500")]
    for rtype in MARKED:
        theirs = AMINA.ref.partition("/")[2] if rtype == "Patient" else AMINA.rid(rtype)
        codes = [one.code for one in search_params(rtype).values() if one.type == "token"]
        code = next((one for one in codes if not one.startswith("_")), "_tag")
        for path in (
            f"List?item:{rtype}.{code}={AMINA.text(Shelf(rtype, 'o'))}",
            f"List?item:{rtype}._id={theirs}",
            f"List?item:{rtype}._lastUpdated=gt2000",
            f"{rtype}?_has:List:item:_id={hers}",
            f"{rtype}?_has:List:item:subject={AMINA.ref}",
            f"{rtype}?_revinclude=List:item&_count=500",
        ):
            every.append(Asked("cross", "GET", path))
    return chance("crossing", asker).sample(every, count)


#: Orders and totals of searches that are turned page by page, whatever else they bring along.
_TURNED = (
    "_count=1&_total=accurate",
    "_count=1&_sort=-_lastUpdated&_total=accurate",
    "_count=2&_sort=_id",
    "_count=1&_summary=true",
)


def turning(asker: str, count: int) -> list[Asked]:
    """Chains, `_has` and both nested, with what they bring along, in some order and page by page."""
    rng, every = chance("turning", asker), []
    mine, hers = (POINTING.format(whose.word) for whose in (EVE, AMINA))
    for rtype in MARKED:
        ids = ",".join(
            whose.ref.partition("/")[2] if rtype == "Patient" else whose.rid(rtype) for whose in (EVE, AMINA)
        )
        for path in (
            f"List?item:{rtype}._id={ids}&_include=List:item&_include:iterate=*:*",
            f"List?item:{rtype}._lastUpdated=gt2000&_include=List:item&_revinclude=Provenance:target",
            f"Provenance?target:List.item:{rtype}._id={ids}&_include=Provenance:target&_include:iterate=List:item",
            f"{rtype}?_has:List:item:_id={mine},{hers}&_revinclude=List:item&_include:iterate=List:item",
            f"{rtype}?_has:List:item:_has:Provenance:target:_lastUpdated=gt2000&_revinclude=List:item",
            f"Patient?_has:List:subject:item:{rtype}._id={ids}&_revinclude=List:subject&_include:iterate=List:item",
            f"{rtype}?_id={ids}&_revinclude=List:item&_revinclude:iterate=Provenance:target",
        ):
            every.append(Asked("turned", "GET", f"{path}&{rng.choice(_TURNED)}"))
    return rng.sample(every, count)


def _varied(rng: Any, asked: Asked) -> Asked:
    searched = asked.method == "GET" and "?" in asked.path and "_history" not in asked.path
    if not searched or asked.way in ("read", "_pretty", "_summary", "_elements", "$everything"):
        return asked
    if "/" in asked.path.partition("?")[0].replace("Patient/", "") or "_count" not in asked.path:
        return asked
    more = rng.choice(
        ("&_total=accurate", "&_total=estimate", "&_sort=_id", "&_sort=-_lastUpdated&_total=accurate", "")
    )
    return Asked(
        asked.way, "GET", re.sub(r"_count=\d+", f"_count={rng.choice((0, 1, 2, 3))}", asked.path) + more
    )


def answers(token: str, asking: Iterable[Asked]) -> Iterator[tuple[str, Said]]:
    """Each question and its answer, and the pages that follow."""
    for asked in asking:
        said = ask(asked, token)
        yield f"{asked.method} {asked.path} {asked.body[:80]!r}", said
        for _ in range(MOST_PAGES):
            onwards = NEXT.search(said.body)
            if not onwards or asked.method != "GET":
                break
            path = onwards[1].decode()
            said = ask(Asked("page", "GET", path), token)
            yield path, said


def shown(world: World, asker: str, paths: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    """Pages as they look, without what is made anew for each."""
    browser = world.client(asker)
    for path in paths:
        answer = browser.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        yield path, answer.status_code, _ANEW.sub("", body.decode(errors="replace"))


def take_out(asker: str, allowed: frozenset[Shelf]) -> int:
    """Remove all that is Amina's and on no allowed shelf, as if it had never been; how many resources.

    What has no mark stays for who may see something: their own entry, what is shared, what was said.
    """
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as conn:
        rows = conn.execute(
            "SELECT id, rid FROM resource WHERE patient = %s OR rid LIKE %s",
            (reference_key(AMINA.ref), f"{AMINA.word}-%"),
        ).fetchall()
        kept = {AMINA.rid(*shelf) for shelf in allowed} | {asker}
        kept |= {POINTING.format(AMINA.word)} if Shelf("List", "o") in allowed else set()
        gone = [key for key, rid in rows if rid not in kept and (rid.startswith(AMINA.word) or not allowed)]
        for table in TABLES:
            conn.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", (gone,))
        conn.execute("DELETE FROM access_grant WHERE source = ANY(%s)", (gone,))
        conn.execute("DELETE FROM seen WHERE message = ANY(%s)", (gone,))
    cache.clear()
    return len(gone)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "asker", ["eve", "other_team", "operator", "kin-none", "kin-some", "kin-all", "narrow"]
)
def test_with_and_without_the_hidden(world: World, asker: str) -> None:
    token, allowed = world.tokens[asker], who.MAY[asker]
    asking = questions(asker, AMINA, 150) + questions(asker, EVE, 150) + crossing(asker, 200)
    asking += turning(asker, 150)
    ids = ways.theirs(AMINA, world.pages[AMINA.word]) + ways.theirs(EVE, world.pages[EVE.word])
    paths = [one.path for one in ways.pages(ids) if one.method == "GET" and not _ends(one.path)]
    paths = chance(asker).sample(paths, 150)
    list(shown(world, asker, paths))  # a letter is new when it is opened first
    before, saw = list(answers(token, asking)), list(shown(world, asker, paths))
    assert take_out(asker, allowed) > 100
    after, sees = list(answers(token, asking)), list(shown(world, asker, paths))
    for (question, was), (same, now) in zip(before, after, strict=True):
        assert (question, was.status, was.headers, was.body) == (same, now.status, now.headers, now.body)
    for page, page_now in zip(saw, sees, strict=True):
        lines, lines_now = page[2].splitlines(), page_now[2].splitlines()
        other = [pair for pair in zip(lines, lines_now, strict=False) if pair[0] != pair[1]]
        assert (page[:2], other, len(lines)) == (page_now[:2], [], len(lines_now))
    assert len(before) >= 500


def _ends(path: str) -> bool:
    """Whether opening it twice is not the same: it ends something, or counts how often it was asked."""
    return any(word in path for word in ("logout", "end", "demo", "outbox", "join", "second-step", "reset"))


@pytest.mark.slow
def test_who_may_see_notices(world: World) -> None:
    """The comparison can fail: for who may see the rows, answers differ."""
    asking = questions("dara", AMINA, 60)
    before = [said.body for _, said in answers(world.tokens["dara"], asking)]
    take_out("dara", who.NOTHING)
    after = [said.body for _, said in answers(world.tokens["dara"], asking)]
    assert before != after
