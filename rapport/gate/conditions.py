"""Conditions: "the one resource that this search means". Singly, or hundreds at once for a bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote

from psycopg import Connection

from rapport.fhir import index
from rapport.fhir import search as grammar
from rapport.fhir.keys import hash64
from rapport.fhir.outcomes import Refused
from rapport.store.records import Record
from rapport.store.searching import Found

Run = Callable[[grammar.Search], Found]
Condition = tuple[str, str]  # resource type, query
Identifier = tuple[str, str]  # system, value

#: Conditions share so many locks a type, so that a large bundle needs no more of them than that.
_LOCKS = 64
_AT_ONCE = 200


def lock(conn: Connection[Any], conditions: Iterable[Condition]) -> None:
    """Let nobody else act on these conditions until the transaction ends; in one order for everybody."""
    keys = {hash64("condition", rtype, str(hash64(query) % _LOCKS)) for rtype, query in conditions}
    if keys:
        conn.execute("SELECT pg_advisory_xact_lock(u) FROM unnest(%s::bigint[]) u", (sorted(keys),))


def the_one(run: Run, rtype: str, query: str) -> Record | None:
    """The resource that a condition means, None where nothing fits; Refused("ambiguous") for several."""
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "_count"]
    if not pairs:
        raise Refused("invalid", "The condition is empty.", "Give a search such as identifier=system|value.")
    return _single(run(grammar.parse(rtype, [*pairs, ("_count", "2")])).matches, query)


def many(run: Run, conditions: Iterable[Condition]) -> dict[Condition, Record | None]:
    """What conditions by one identifier mean, some hundred in a search; other conditions are left out.

    Ambiguous ones are left out too: `the_one` refuses them where they are used.
    """
    by_type: dict[str, dict[Identifier, Condition]] = {}
    for condition in conditions:
        identifier = _identifier(condition[1])
        if identifier is not None:
            by_type.setdefault(condition[0], {})[identifier] = condition
    known: dict[Condition, Record | None] = {}
    for rtype, wanted in by_type.items():
        asked = list(wanted)
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            fitting = _by_identifier(run, rtype, some)
            for identifier, records in fitting.items():
                if len(records) < 2:
                    known[wanted[identifier]] = records[0] if records else None
    return known


def _by_identifier(run: Run, rtype: str, wanted: Sequence[Identifier]) -> dict[Identifier, list[Record]]:
    """The resources that have each identifier; empty when there are too many to tell."""
    values = ",".join(f"{system}|{value}" for system, value in wanted)
    found = run(grammar.parse(rtype, [("identifier", values), ("_count", "1000")]))
    if found.next is not None:
        return {}
    rows = {
        (index.token_key(rtype, "identifier", value), index.system_key(system)): (system, value)
        for system, value in wanted
    }
    fitting: dict[Identifier, list[Record]] = {identifier: [] for identifier in wanted}
    for record in found.matches:
        for row in index.rows(record.json).token & rows.keys():
            fitting[rows[row]].append(record)
    return fitting


def _identifier(query: str) -> Identifier | None:
    """The system and value of `identifier=system|value`, None for any other search."""
    name, _, written = query.partition("=")
    if name != "identifier" or any(sign in written for sign in "&\\,$") or written.count("|") != 1:
        return None
    ((_, plain),) = parse_qsl(query, keep_blank_values=True) or [("", "")]
    system, bar, value = plain.partition("|")
    good = bar and system and value and not any(sign in plain for sign in "\\,$")
    return (system, value) if good else None


def _single(matches: Sequence[Record], query: str) -> Record | None:
    if len(matches) > 1:
        raise Refused(
            "ambiguous", f"More than one resource fits {quote(query, safe='=|:/&')}.", "Make it narrower."
        )
    return matches[0] if matches else None
