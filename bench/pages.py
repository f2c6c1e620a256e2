"""Server time of pages: the whole application, as the web process calls it, one request after the other.

    python -m bench.pages MESSAGES DIR

seeds a database in DIR (unless that was done before) and prints what was measured as JSON.
"""

from __future__ import annotations

import io
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rapport.serving.place import Place

WARM, ROUNDS = 40, 400


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one page, and the largest answer in KiB."""

    median: float
    p95: float
    p99: float
    kib: float


def measure(crowd: Any, seed: int = 11) -> dict[str, Times]:
    """Each page, asked for by many different people of a `bench.crowd.Crowd`."""
    from django.core import signing

    from bench.crowd import CONVERSATIONS, PATIENTS_A_TEAM

    chance = random.Random(seed)
    patients = [_cookie(ref) for ref in chance.sample(crowd.patients, min(40, len(crowd.patients)))]
    staff = [_cookie(ref) for ref in chance.sample(crowd.staff, min(20, len(crowd.staff)))]
    team_of = {ref: number for number, ref in enumerate(crowd.staff)}

    def patient(path: Callable[[str], str]) -> tuple[str, str]:
        ref, cookie = chance.choice(patients)
        return path(ref.partition("/")[2]), cookie

    def nurse(path: Callable[[str], str]) -> tuple[str, str]:
        ref, cookie = chance.choice(staff)
        mine = [one for number, one in enumerate(crowd.patients) if number // PATIENTS_A_TEAM == team_of[ref]]
        return path(chance.choice(mine).partition("/")[2]), cookie

    def talk(rid: str) -> str:
        return f"/messages/{rid}-c{chance.randrange(CONVERSATIONS)}/"

    def live(rid: str) -> str:
        topics = [f"patient:Patient/{rid}", f"person:Patient/{rid}"]
        return f"/live/?t={signing.dumps(topics, salt=f'live:Patient/{rid}', compress=True)}&s=0"

    asked: dict[str, Callable[[], tuple[str, str]]] = {
        "my day": lambda: patient(lambda _rid: "/"),
        "my messages": lambda: patient(lambda _rid: "/messages/"),
        "conversation (patient)": lambda: patient(talk),
        "inbox": lambda: nurse(lambda _rid: "/inbox/"),
        "conversation (team)": lambda: nurse(talk),
        "person at a glance": lambda: nurse(lambda rid: f"/people/{rid}/"),
        "what matters (team)": lambda: nurse(lambda rid: f"/matters/{rid}/"),
        "what matters (patient)": lambda: patient(lambda rid: f"/matters/{rid}/"),
        "has anything changed?": lambda: patient(live),
    }
    return {name: _times(ask) for name, ask in asked.items()}


def _cookie(ref: str) -> tuple[str, str]:
    """A sign-in of somebody, with its second step."""
    from django.conf import settings
    from django.test import Client

    from rapport.people.factors import SHOWN
    from rapport.people.models import User

    user, client = User.objects.get(person=ref), Client()
    client.force_login(user)
    session = client.session
    session[SHOWN] = user.pk
    session["seen"] = session["began"] = time.time()
    session.save()
    return ref, f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _times(ask: Callable[[], tuple[str, str]]) -> Times:
    from rapport.config.wsgi import application

    spent, largest = [], 0
    for number in range(WARM + ROUNDS):
        environ = _environ(*ask())
        began = time.perf_counter()
        status: list[str] = []
        answer = application(environ, lambda line, headers, *rest: status.append(line))
        size = sum(map(len, answer))
        getattr(answer, "close", lambda: None)()
        if number >= WARM:
            spent.append((time.perf_counter() - began) * 1000)
        assert status[0][:3] in ("200", "204"), (environ["PATH_INFO"], status)
        largest = max(largest, size)
    ranks = statistics.quantiles(spent, n=100)
    return Times(statistics.median(spent), ranks[94], ranks[98], largest / 1024)


def _environ(path: str, cookie: str) -> dict[str, Any]:
    path, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_COOKIE": cookie,
        "HTTP_ACCEPT_LANGUAGE": "en",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def _crowd(kept: Path, messages: int) -> Any:
    """The crowd of an earlier time, or a new one."""
    from bench.crowd import Crowd, gather

    if kept.exists():
        return Crowd(**json.loads(kept.read_text()))
    crowd = gather(messages)
    kept.write_text(json.dumps(asdict(crowd)))
    return crowd


def _warm(data: Path) -> None:
    """Read the database once, so that it lies in memory as on a machine that has been up for a day."""
    for file in sorted((data / "postgres").rglob("base/**/*")):
        if file.is_file():
            with file.open("rb") as stream:
                while stream.read(1 << 22):
                    pass


def main(messages: int, data: Path) -> None:
    """Seed, measure, print."""
    place = Place(data)
    place.prepare()
    with place.database():
        import django

        django.setup()
        from rapport.config import wsgi
        from rapport.serving.prepare import bring_schema_up, collect_static
        from rapport.serving.web import settle

        bring_schema_up()
        collect_static()
        crowd = _crowd(data / "crowd.json", messages)
        assert wsgi
        settle()
        _warm(data)
        found = {name: asdict(times) for name, times in measure(crowd).items()}
    facts = {"messages": crowd.messages, "patients": len(crowd.patients), "resources": crowd.resources}
    print(json.dumps({**facts, "seconds": crowd.seconds, "pages": found}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
