"""Server time of the coach beside an answer: the whole application, one request after the other.

    python -m bench.coach DIR

prints what was measured as JSON. Budget: 150 ms at the 95th percentile.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from rapport.serving.place import Place

WARM, ROUNDS = 10, 200

LETTER = (
    "Since Monday I lie awake and I am terrified of the scan. Nobody has told me what the shadow is."
    " Is it cancer? My daughter says I should not look things up, but I cannot stop. Do I have to come"
    " fasting, and may I take my blood pressure tablet in the morning? I am sorry for so many questions."
)
REPLY = (
    "Lying awake over a scan is hard, and it makes sense that you are frightened. Nobody can say yet"
    " what the shadow is; that is what the scan is for, and we speak about it together on Thursday."
    " You need not fast, and please take your tablet as always. What worries you most? Ring us any time."
)
#: What is on the page: so many letters that wait, and so many times the words of a usual answer.
SIZES = {"usual: one letter": (1, 1), "long: five letters, five times the answer": (5, 5)}


def measure(client: Any, path: str) -> dict[str, Any]:
    """Milliseconds of the coach's answer: by the clock, and of this process's CPU."""
    return {name: _times(client, path, *size) for name, size in SIZES.items()}


def _times(client: Any, path: str, letters: int, words: int) -> dict[str, float]:
    clock, cpu = [], []
    body = {"heard": "\n\n".join([LETTER] * letters), "text": " ".join([REPLY] * words)}
    for number in range(WARM + ROUNDS):
        body["text"] += "." if number % 2 else " "  # as one writes on
        began, worked = time.perf_counter(), time.process_time()
        answer = client.post(path, body)
        assert answer.status_code == 200, answer.status_code
        if number >= WARM:
            clock.append((time.perf_counter() - began) * 1000)
            cpu.append((time.process_time() - worked) * 1000)
    low, high = statistics.median(clock), statistics.quantiles(clock, n=100)[94]
    return {
        "letters": sum(map(len, body.values())),
        "median": low,
        "p95": high,
        "cpu_median": statistics.median(cpu),
        "cpu_p95": statistics.quantiles(cpu, n=100)[94],
    }


def main(data: Path) -> None:
    """A small crowd, one nurse, one conversation; measure, print."""
    place = Place(data)
    place.prepare()
    with place.database():
        import django

        django.setup()
        from bench.crowd import gather
        from rapport.people.factors import SHOWN
        from rapport.people.models import User
        from rapport.serving.prepare import bring_schema_up

        bring_schema_up()
        crowd = gather(400)
        from django.test import Client

        user, client = User.objects.get(person=crowd.staff[0]), Client(headers={"host": "127.0.0.1:8000"})
        client.force_login(user)
        session = client.session
        session[SHOWN] = user.pk
        session["seen"] = session["began"] = time.time()
        session.save()
        rid = crowd.patients[0].partition("/")[2]
        print(json.dumps(measure(client, f"/messages/{rid}-c0/coach/")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
