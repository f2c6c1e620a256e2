"""kill -9 under load: what was acknowledged is there, once; nothing is left running; the next start is clean.

People write, colleagues take and answer, all over HTTP as browsers do; whoever gets no answer sends the same
form again, as people do. Meanwhile processes are killed at random moments.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.serving.postgres import Embedded
from tests.serving.person import BROKEN, Person
from tests.serving.person import field as value_of
from tests.serving.processes import alive, descendants, until, whose_words
from tests.serving.running import Running

PATIENTS = ("Patient/amina-haddad", "Patient/kwame-mensah", "Patient/peter-novak", "Patient/priya-nair")
NURSE = "Practitioner/dara-okafor"
DONE = (302, 303)  # a redirect: it is done
PATIENCE = 60.0  # seconds for one form to be acknowledged, kills included


@dataclass
class Load:
    """People at work until told to stop; what was acknowledged to them."""

    url: str
    over: threading.Event = field(default_factory=threading.Event)
    written: dict[str, str] = field(default_factory=dict)  # words -> conversation
    answered: dict[str, str] = field(default_factory=dict)  # words -> conversation
    taken: set[str] = field(default_factory=set)  # ids of concerns
    tries: int = 0
    troubles: list[str] = field(default_factory=list)

    def start(self) -> list[threading.Thread]:
        jobs = [(self._patient, ref) for ref in PATIENTS] + [(self._nurse, NURSE)]
        threads = [threading.Thread(target=self._guarded, args=job, daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        return threads

    def _guarded(self, job: Callable[[Person], None], ref: str) -> None:
        person = Person(self.url, ref)
        try:
            self._until(lambda: (person.sign_in(), True)[1])
            while not self.over.is_set():
                job(person)
                time.sleep(0.05)
        except Exception as error:
            self.troubles.append(f"{ref}: {error!r}")

    def _until(self, act: Callable[[], bool]) -> None:
        """Do it again until it is acknowledged, as somebody does who gets no answer."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.tries += 1
            try:
                if act():
                    return
            except BROKEN:
                pass
            assert time.monotonic() < deadline, "nothing was acknowledged for a long time"
            time.sleep(0.2)

    def _patient(self, person: Person) -> None:
        words, once = f"load {random.randrange(10**11, 10**12)}", str(uuid.uuid4())
        form = {"once": once, "topic": "health", "text": f"Hello. {words}.", "asked": "1", "go": "send"}
        form |= {"concern-1": f"About {words}", "keep-1": "on"}

        def send() -> bool:
            status, text, where = person.post("/messages/new/", **form)
            found = re.search(r"/messages/([^/]+)/", where)
            assert status in (*DONE, 500, 502, 503), (status, text[:2000])
            if status in DONE and found:
                self.written[words] = found[1]
            return status in DONE

        self._until(send)

    def _nurse(self, person: Person) -> None:
        open_ = [(words, rid) for words, rid in list(self.written.items()) if words not in self.answered]
        if not open_:
            return
        words, rid = open_[0]
        page = [""]

        def look() -> bool:
            status, page[0], _ = person.get(f"/messages/{rid}/")
            return status == 200

        self._until(look)
        concern = value_of(page[0], "concern")
        once = str(uuid.uuid4())
        self._until(lambda: person.post(f"/messages/{rid}/take/", concern=concern)[0] in DONE)
        self.taken.add(concern)
        form = {"once": once, "concern": concern, "text": f"Answer to {words}.", "go": "send"}
        self._until(lambda: person.post(f"/messages/{rid}/answer/", **form)[0] in DONE)
        self.answered[words] = rid


class Killer:
    """Kills one part of a running Rapport, and makes sure that life goes on."""

    def __init__(self, rapport: Running) -> None:
        self.rapport = rapport
        self.parts: dict[str, Callable[[], int]] = {
            "web": lambda: rapport.part("web"),
            "answering process": lambda: random.choice(descendants(rapport.part("web"))),
            "worker": lambda: rapport.part("worker"),
            "supervisor": lambda: rapport.process.pid,
            "database": self._postmaster,
            "keeper": lambda: whose_words("rapport.serving.keeper", str(rapport.place))[0],
        }

    def _postmaster(self) -> int:
        return int((self.rapport.place / "postgres" / "data" / "postmaster.pid").read_text().split()[0])

    def _strike(self, part: str) -> bool:
        """Kill it; False where it is not there (yet): what was killed before is still coming back."""
        try:
            os.kill(self.parts[part](), signal.SIGKILL)
        except (ValueError, IndexError, OSError):
            return False
        return True

    def kill(self, part: str) -> None:
        before = self.rapport.everything()
        until(lambda: self._strike(part), f"there is a {part} to kill")
        if part == "supervisor":
            self.rapport.process.wait(10)
            until(lambda: not any(map(alive, before)), "nothing outlives the supervisor", 60)
            self.rapport.start(60)
        until(self.rapport.healthy, f"it answers again after the {part} was killed", 60)


def kill_under_load(rapport: Running, kills: list[str], seed: int) -> None:
    """The whole test; `kills` in this order, at moments that `seed` decides."""
    rapport.start(60)
    chance, load, killer = random.Random(seed), Load(rapport.url), Killer(rapport)
    threads = load.start()
    until(lambda: len(load.written) >= 3 or bool(load.troubles), "people write")
    for part in kills:
        time.sleep(chance.uniform(0.1, 2.0))
        killer.kill(part)
    until(lambda: len(load.answered) >= 1 or bool(load.troubles), "colleagues answer", 60)
    load.over.set()
    for thread in threads:
        thread.join(PATIENCE + 10)
    assert not load.troubles and not any(thread.is_alive() for thread in threads), load.troubles
    notices_arrive(rapport.place)
    pids = rapport.everything()
    assert rapport.stop(signal.SIGTERM) == 0
    assert not any(map(alive, pids))
    with Embedded(rapport.place) as embedded, psycopg.connect(embedded.owner_url) as conn:
        everything_is_there_once(conn, load)
    log = (rapport.place / "postgres" / "postgres.log").read_text(errors="replace")
    assert "not properly shut down" not in log.rpartition("starting PostgreSQL")[2]


def everything_is_there_once(conn: psycopg.Connection, load: Load) -> None:
    rows = conn.execute(
        "SELECT rtype, body FROM resource WHERE rtype = ANY(%s) AND body LIKE '%%load %%'",
        [[TYPE_NUMBERS["Communication"], TYPE_NUMBERS["Task"]]],
    ).fetchall()
    letters = [body for rtype, body in rows if rtype == TYPE_NUMBERS["Communication"] and '"partOf"' in body]
    tasks = {
        re.search(r'"id":"([^"]+)"', body)[1]: body for rtype, body in rows if rtype == TYPE_NUMBERS["Task"]
    }
    assert len(load.written) > 0
    for words in load.written:
        assert sum(f"Hello. {words}." in body for body in letters) == 1, words
        assert sum(f"About {words}" in body for body in tasks.values()) == 1, words
    for words in load.answered:
        assert sum(f"Answer to {words}." in body for body in letters) == 1, words
    for concern in load.taken:
        assert '"code":"raised"' not in tasks[concern]
    doubled = conn.execute("SELECT key FROM people_notice GROUP BY key HAVING count(*) > 1").fetchall()
    assert not doubled
    told = {key for (key,) in conn.execute("SELECT key FROM people_notice")}
    for body in letters:
        if "Hello. load" in body:
            rid = re.search(r'"id":"([^"]+)"', body)[1]
            assert any(rid in key for key in told), f"nobody was told of {rid}"


def notices_arrive(place: Path) -> None:
    """Every notice leads to an e-mail in the outbox, jobs of killed workers included."""
    with Embedded(place) as embedded, psycopg.connect(embedded.owner_url, autocommit=True) as conn:

        def waiting() -> int:
            return conn.execute(
                "SELECT (SELECT count(*) FROM people_notice WHERE done_at IS NULL)"
                " + (SELECT count(*) FROM people_mail WHERE state = 'waiting')"
            ).fetchone()[0]

        conn.execute("UPDATE people_notice SET due_at = now() WHERE done_at IS NULL")
        conn.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
        until(lambda: waiting() == 0, "every notice has been sent", 150)


@pytest.fixture
def demo(own_place: Path) -> Iterator[Running]:
    running = Running(own_place, "demo")
    yield running
    if not running.ended():
        running.stop(signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.xdist_group("supervisor")
def test_nothing_acknowledged_is_lost_or_doubled(demo: Running) -> None:
    seed = int(os.environ.get("KILL_SEED") or time.time())
    print(f"KILL_SEED={seed}")
    parts = ["answering process", "worker", "web", "supervisor", "database", "keeper"]
    random.Random(seed).shuffle(parts)
    kill_under_load(demo, parts, seed)


@pytest.mark.long
def test_nothing_is_lost_over_fifty_kills(demo: Running) -> None:
    seed = int(os.environ.get("KILL_SEED") or time.time())
    print(f"KILL_SEED={seed}")
    chance = random.Random(seed)
    parts = ["answering process", "worker", "web", "supervisor", "supervisor", "database", "keeper"]
    kill_under_load(demo, [chance.choice(parts) for _ in range(50)], seed)
