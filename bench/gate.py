"""What it costs to know who may see what: the grants, the Consents and the second belt.

    python -m bench.gate DATA_DIR [--rounds N]

Two records of 5,000 patients, made the first time: in one nobody cares for them and none has a Consent; in
the other all are in care of a team and 500 have one. The same requests through the door go in turns to each,
as the role that owns the tables, which nothing holds back, and as the one that Rapport works as. CPU
milliseconds of this process and of its server process together, the median of the rounds; without HTTP,
which adds about as much as a read. "Without" is what the same costs in the first record: a patient
themselves; a program, which needs no grant, in the place of staff.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import psycopg

PATIENTS, CONSENTS = 5000, 500
Body = dict[str, Any]
Conn = psycopg.Connection[Any]
_V3 = "http://terminology.hl7.org/CodeSystem/"


def ref(reference: str) -> Body:
    return {"reference": reference}


def coded(system: str, code: str) -> Body:
    return {"coding": [{"system": system, "code": code}]}


def bodies(*, granted: bool) -> Iterator[Body]:
    """Patients with eight findings each; `granted`: of one team, the first of them with a Consent."""
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
    from rapport.gate import grants
    from rapport.store.records import Write
    from rapport.store.writing import write

    if conn.execute("SELECT 1 FROM resource LIMIT 1").fetchone():
        return
    made = list(bodies(granted=granted))
    for start in range(0, len(made), 3000):
        some = made[start : start + 3000]
        with conn.transaction():
            records = write(conn, [Write(orjson.dumps(body), body, body["id"]) for body in some])
            grants.compile_all(conn, list(zip(records, some, strict=True)))
    conn.execute("VACUUM ANALYZE")


def requests(patients: int) -> dict[str, tuple[int, Callable[[Any, int], object]]]:
    """What is asked, and how often in a round."""
    return {
        "read": (200, lambda door, n: door.read("Observation", f"o{n % patients}-3")),
        "search in a patient": (80, lambda door, n: door.search("Observation", f"patient=p{n % patients}")),
        "page over all": (8, lambda door, n: door.search("Observation", "code=8480-2&_count=20")),
        "count over all": (
            2,
            lambda door, n: door.search("Observation", "value-quantity=gt120&_summary=count"),
        ),
    }


def cost(conn: Conn, actor: Any, ask: Callable[[Any, int], object], numbers: list[int]) -> float:
    """CPU milliseconds of one request, here and in the server."""
    from rapport.gate.door import Door

    server = Path(f"/proc/{conn.info.backend_pid}/schedstat")
    before, begun = int(server.read_text().split()[0]), time.process_time()
    for number in numbers:
        door = Door(conn, actor, source="api")
        ask(door, number)
        door.finish()
    there = (int(server.read_text().split()[0]) - before) / 1e6
    return ((time.process_time() - begun) * 1000 + there) / len(numbers)


def actors() -> dict[str, Any]:
    from rapport.gate.actor import Actor
    from rapport.gate.scopes import Scope

    team = ("Organization/team",)
    return {
        "program": Actor("client", "Device/bench", "Bench", "program", scopes=(Scope("*", "cruds"),)),
        "nurse": Actor("staff", "Practitioner/n", "N", "nurse", ("PractitionerRole/n",), team),
        "patient": Actor("patient", "Patient/p0", "P", "patient", patients=("Patient/p0",)),
    }


def measure(sides: dict[str, Conn], rounds: int) -> dict[tuple[str, str, str], float]:
    """Median cost by actor, request and side; the sides in a new order each round."""
    chance, found = random.Random(7), dict[tuple[str, str, str], list[float]]()
    for turn in range(rounds + 1):
        for who, actor in actors().items():
            for name in requests(1):
                order = [(side, conn) for side, conn in sides.items() if (who, side) != ("nurse", "without")]
                chance.shuffle(order)
                often, ask = requests(1 if who == "patient" else PATIENTS)[name]
                numbers = [chance.randrange(PATIENTS) for _ in range(often)]
                for side, conn in order:
                    spent = cost(conn, actor, ask, numbers)
                    if turn:  # the first round prepares
                        found.setdefault((who, name, side), []).append(spent)
    return {key: statistics.median(values) for key, values in found.items()}


def report(found: dict[tuple[str, str, str], float]) -> None:
    """The table, in ratios too."""
    print("| who | request | without | with grants and Consents | ratio | and the belt | ratio |")
    print("|---|---|---|---|---|---|---|")
    for who in actors():
        for name in requests(1):
            bare = found["program" if who == "nurse" else who, name, "without"]
            granted, belt = found[who, name, "granted"], found[who, name, "belt"]
            print(
                f"| {who} | {name} | {bare:.3f} | {granted:.3f} | {granted / bare:.2f}"
                f" | {belt:.3f} | {belt / granted:.2f} |"
            )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("data", type=Path)
    words.add_argument("--rounds", type=int, default=20)
    options = words.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from bench.service import rapport
    from rapport.serving.postgres import Embedded

    places = {"without": options.data / "without", "granted": options.data / "granted"}
    for data in places.values():
        data.mkdir(parents=True, exist_ok=True)
        rapport("migrate", data=data)
    with Embedded(places["without"]) as without, Embedded(places["granted"]) as granted:
        open_: Body = {"autocommit": True, "prepare_threshold": None}
        sides = {
            "without": psycopg.connect(without.owner_url, **open_),
            "granted": psycopg.connect(granted.owner_url, **open_),
            "belt": psycopg.connect(granted.url, **open_),
        }
        os.environ["DATABASE_URL"] = granted.url
        import django

        django.setup()
        for name in places:
            fill(sides[name], granted=name == "granted")
        report(measure(sides, options.rounds))


if __name__ == "__main__":
    main()
