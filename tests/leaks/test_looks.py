"""As many looks, as many lines: each request that reached the record left one line that says whose it saw."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.conf import settings

from rapport.fhir.keys import reference_key
from tests.leaks import ways
from tests.leaks.asking import ask, open_page
from tests.leaks.marks import AMINA, EVE, NAME, OWNED, Whose, shelves
from tests.leaks.ways import some
from tests.leaks.world import World

#: Answered without the record: what the server can, addresses that are none, what was sent judged by itself.
NO_LOOK = {
    "what the server can",
    "no such place",
    "$validate of type",
    "$validate of one",
    "$validate what is there",
}


class Log:
    """The lines since the last time."""

    def __init__(self) -> None:
        self.conn: psycopg.Connection[Any] = psycopg.connect(settings.DATABASE_URL, autocommit=True)
        self.last = 0
        self.new()

    def new(self) -> list[tuple[Any, ...]]:
        """Of each line: who, how it ended, whose records it touched."""
        rows = self.conn.execute(
            "SELECT id, ref, outcome::text, patients FROM audit WHERE id > %s ORDER BY id", (self.last,)
        ).fetchall()
        self.last = max([self.last, *(row[0] for row in rows)])
        return [row[1:] for row in rows]


REFS = {
    "amina": "Patient/amina", "dara": "Practitioner/dara", "kin-all": "RelatedPerson/kin-all",
    "lead": "Practitioner/lead", "eve": "Patient/eve", "program": "",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_thousand_requests(world: World) -> None:
    log, counted = Log(), 0
    keys = {whose: reference_key(whose.ref) for whose in (AMINA, EVE)}
    for who, ref in REFS.items():
        for asked in some(ways.fhir(AMINA), 300, "looks of", who):
            said, lines = ask(asked, world.tokens[who]), log.new()
            if asked.way in NO_LOOK:
                continue
            counted += 1
            refused = said.status >= 400
            bundle = asked.way in ("batch", "transaction")  # what is refused in it has a line of its own
            assert len(lines) == 1 or (refused and not lines) or (bundle and lines), (who, asked, lines)
            for line in lines:
                assert line[0] == ref or (who == "program" and line[0].startswith("Device/")), (asked, line)
            for whose, key in keys.items():
                if shelves(whose, said.body, asked.whole) and _about_somebody(whose, said.body, asked.whole):
                    assert lines and key in lines[0][2], (who, asked, lines)
    assert counted > 2000


def _about_somebody(whose: Whose, body: bytes, asked: bytes) -> bool:
    """Whether what is shown belongs to a person at all: of some types nothing does."""
    return any(shelf.rtype in OWNED and shelf != NAME for shelf in shelves(whose, body, asked))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_pages(world: World) -> None:
    """A page that tells something of somebody leaves lines that say so, in the name of who opened it."""
    log, told, key = Log(), 0, reference_key(AMINA.ref)
    ids = ways.theirs(AMINA, world.pages[AMINA.word])
    for who in ("amina", "dara", "kin-all"):
        browser = world.client(who)
        for asked in ways.some(ways.pages(ids), 0, "pages of", who, least=5):
            said, lines = open_page(browser, asked), log.new()
            if _about_somebody(AMINA, said.body, asked.whole):
                told += 1
                assert any(line[0] == REFS[who] and key in line[2] for line in lines), (who, asked, lines)
    assert told > 25
