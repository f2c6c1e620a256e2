"""What it costs to know who may see what: the grants, the Consents and the second belt.

    python -m bench.gate DATA_DIR [--rounds N]

Two records of 5,000 patients, made the first time: in one nobody cares for them and none has a Consent; in
the other all are in care of a team and 500 have one. The same requests to /fhir, in this process and without
the web server, go in turns to each, as the role that owns the tables, which nothing holds back, and as the
one that Rapport works as. CPU milliseconds of this process and of its server process together, the median of
the rounds. "Without" is what the same costs in the first record: a patient themselves; a program, which
needs no grant, in the place of staff.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import orjson
import psycopg

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from bench.service import rapport  # noqa: E402
from rapport.fhir_api import app, pool  # noqa: E402
from rapport.gate import grants  # noqa: E402
from rapport.people import tokens  # noqa: E402
from rapport.people.models import User  # noqa: E402
from rapport.serving.postgres import Embedded  # noqa: E402
from rapport.store.records import Write  # noqa: E402
from rapport.store.writing import write  # noqa: E402
from tests.conftest import point_django_at  # noqa: E402

PATIENTS, CONSENTS = 5000, 500
Body = dict[str, Any]
Conn = psycopg.Connection[Any]
_V3 = "http://terminology.hl7.org/CodeSystem/"


def ref(reference: str) -> Body:
    return {"reference": reference}


def coded(system: str, code: str) -> Body:
    return {"coding": [{"system": system, "code": code}]}


def bodies(*, granted: bool) -> Iterator[Body]:
    """A nurse, patients with eight findings each; `granted`: of her team, the first with a Consent."""
    yield {"resourceType": "Organization", "id": "team", "active": True, "name": "Team"}
    yield {"resourceType": "Practitioner", "id": "n", "active": True, "name": [{"text": "N"}]}
    yield {
        "resourceType": "PractitionerRole",
        "id": "n",
        "active": True,
        "practitioner": ref("Practitioner/n"),
        "organization": ref("Organization/team"),
        "code": [{"text": "nurse"}],
    }
    for n in range(PATIENTS):
        who = f"Patient/p{n}"
        born = f"19{n % 90 + 10}-05-0{n % 9 + 1}"
        yield {
            "resourceType": "Patient",
            "id": f"p{n}",
            "name": [{"family": f"F{n % 700}"}],
            "birthDate": born,
        }
        if granted:
            yield {
                "resourceType": "CareTeam",
                "id": f"t{n}",
                "status": "active",
                "subject": ref(who),
                "participant": [{"member": ref("Organization/team")}],
            }
        for k in range(8):
            yield {
                "resourceType": "Observation",
                "id": f"o{n}-{k}",
                "status": "final",
                "code": coded("http://loinc.org", f"8480-{k}"),
                "subject": ref(who),
                "effectiveDateTime": f"20{k + 10}-0{n % 9 + 1}-11",
                "valueQuantity": {"value": 100 + n % 50, "unit": "mmHg"},
            }
        if granted and n < CONSENTS:
            yield consent(n)


def consent(n: int) -> Body:
    """A neighbour shut out, a label closed to everybody, or family let in."""
    someone = f"RelatedPerson/k{n}" if n % 4 > 1 else "Practitioner/neighbour"
    actor = [{"role": coded(f"{_V3}v3-ParticipationType", "IRCP"), "reference": ref(someone)}]
    provision: Body = {"type": "deny", "actor": actor}
    if n % 4 == 1:
        label = {"system": f"{_V3}v3-ActCode", "code": "HIV"}
        provision = {"type": "deny", "securityLabel": [label]}
    elif n % 4 > 1:
        provision = {
            "type": "permit",
            "actor": actor,
            "action": [coded(f"{_V3}consentaction", "access")],
            "purpose": [{"system": f"{_V3}v3-ActReason", "code": "FAMRQT"}],
            "class": [{"system": "urn:rapport:category", "code": "health-record"}],
        }
    return {
        "resourceType": "Consent",
        "id": f"c{n}",
        "status": "active",
        "scope": coded(f"{_V3}consentscope", "patient-privacy"),
        "category": [coded("http://loinc.org", "59284-0")],
        "patient": ref(f"Patient/p{n}"),
        "policyRule": coded(f"{_V3}v3-ActCode", "OPTIN"),
        "provision": {"provision": [provision]},
    }


def fill(conn: Conn, *, granted: bool) -> None:
    """Store them, once."""
    if conn.execute("SELECT 1 FROM resource LIMIT 1").fetchone():
        return
    made = list(bodies(granted=granted))
    for start in range(0, len(made), 3000):
        some = made[start : start + 3000]
        with conn.transaction():
            records = write(conn, [Write(orjson.dumps(body), body, body["id"]) for body in some])
            grants.compile_all(conn, list(zip(records, some, strict=True)))
    conn.execute("VACUUM ANALYZE")


#: What is asked of a patient by number, and how often in a round.
REQUESTS = {
    "read": (200, "Observation/o{}-3"),
    "search in a patient": (100, "Observation?patient=p{}"),
    "page over all": (12, "Observation?code=8480-2&_count=20"),
    "count over all": (3, "Observation?value-quantity=gt120&_summary=count"),
}
WHO = ("program", "nurse", "patient")


class Side:
    """A record as one role of its database sees it, with tokens of those who ask."""

    def __init__(self, url: str, tokens: dict[str, str]) -> None:
        self.url, self._tokens = url, tokens
        self._pool = pool.Pool(url)

    def stand(self) -> None:
        """Let `/fhir` mean this one."""
        settings.DATABASE_URL = self.url
        pool._pools = {self.url: self._pool}

    def ask(self, who: str, path: str) -> int:
        """Put a GET to `/fhir`; its status."""
        where, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": f"/fhir/{where}",
            "QUERY_STRING": query,
            "HTTP_HOST": "localhost",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "HTTP_AUTHORIZATION": f"Bearer {self._tokens[who]}",
        }
        told: list[str] = []
        b"".join(app.application(environ, lambda status, _: told.append(status)))
        return int(told[0][:3])

    def cost(self, who: str, paths: list[str]) -> float:
        """CPU milliseconds of one request, here and in the server."""
        self.stand()
        assert self.ask(who, paths[0]) == 200, (who, paths[0])
        server = Path(f"/proc/{self._pool._idle[-1][0].info.backend_pid}/schedstat")
        before, begun = int(server.read_text().split()[0]), time.process_time()
        for path in paths:
            self.ask(who, path)
        there = (int(server.read_text().split()[0]) - before) / 1e6
        return ((time.process_time() - begun) * 1000 + there) / len(paths)


def tokens_of(url: str) -> dict[str, str]:
    """New tokens for everybody who asks, in a database."""
    point_django_at(url)
    made = {}
    for who, person in (("nurse", "Practitioner/n"), ("patient", "Patient/p0")):
        user = User.objects.filter(person=person).first()
        user = user or User.objects.create_user(f"{who}@example.org", person, display_name=who)
        made[who] = tokens.issue_for(user, by="bench")
    client, _ = tokens.add_client("bench", "system/*.cruds", "bench")
    return {**made, "program": tokens.issue_to_client(client, "system/*.cruds")}


def measure(sides: dict[str, Side], rounds: int) -> dict[tuple[str, str, str], float]:
    """Median cost by actor, request and side; the sides in a new order each round."""
    chance, found = random.Random(7), dict[tuple[str, str, str], list[float]]()
    for turn in range(rounds + 1):
        for who in WHO:
            for name, (often, path) in REQUESTS.items():
                paths = [
                    path.format(0 if who == "patient" else chance.randrange(PATIENTS)) for _ in range(often)
                ]
                order = [side for side in sides if (who, side) != ("nurse", "without")]
                chance.shuffle(order)
                for side in order:
                    spent = sides[side].cost(who, paths)
                    if turn:  # the first round prepares
                        found.setdefault((who, name, side), []).append(spent)
    return {key: statistics.median(values) for key, values in found.items()}


def report(found: dict[tuple[str, str, str], float]) -> None:
    """The table, in ratios too."""
    print("| who | request | without | with grants and Consents | ratio | and the belt | ratio |")
    print("|---|---|---|---|---|---|---|")
    for who in WHO:
        for name in REQUESTS:
            bare = found["program" if who == "nurse" else who, name, "without"]
            granted, belt = found[who, name, "granted"], found[who, name, "belt"]
            print(
                f"| {who} | {name} | {bare:.3f} | {granted:.3f} | {granted / bare:.2f}"
                f" | {belt:.3f} | {belt / granted:.2f} |"
            )


@contextmanager
def records(data: Path) -> Iterator[dict[str, Side]]:
    """Both records, filled and open: "without", "granted", and the latter with the "belt"."""
    places = {"without": data / "without", "granted": data / "granted"}
    for place in places.values():
        place.mkdir(parents=True, exist_ok=True)
        rapport("migrate", data=place)
    with Embedded(places["without"]) as without, Embedded(places["granted"]) as granted:
        said = {}
        for server, name in ((without, "without"), (granted, "granted")):
            with psycopg.connect(server.owner_url, autocommit=True) as conn:
                fill(conn, granted=name == "granted")
            said[name] = tokens_of(server.owner_url)
        yield {
            "without": Side(without.owner_url, said["without"]),
            "granted": Side(granted.owner_url, said["granted"]),
            "belt": Side(granted.url, said["granted"]),
        }
        connections.close_all()


def main() -> None:
    """Fill, ask, tell."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("data", type=Path)
    words.add_argument("--rounds", type=int, default=20)
    options = words.parse_args()
    with records(options.data) as sides:
        report(measure(sides, options.rounds))


if __name__ == "__main__":
    main()
