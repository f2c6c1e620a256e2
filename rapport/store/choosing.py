"""Where a search begins: at the condition with the fewest rows, at a patient's own, or with few patients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from psycopg import Connection

from rapport.fhir import index, own
from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.search_tree import Search
from rapport.store.compiling import Compiled, Probe
from rapport.store.counting import FAR, MANY, Mark, counted
from rapport.store.params import Params
from rapport.store.records import Filter
from rapport.store.wire import StoreCursor

#: Where more candidates are to be expected than these, it is asked first whose rows can pass at all.
SOME = 500
#: Of so many patients at most the candidates are found patient by patient.
FEW_PATIENTS = 300
#: More grants than these are not looked through to see whether they are about few.
FEW_GRANTS = 4 * FEW_PATIENTS
#: Tables that find the rows of one patient at once.
_BY_PATIENT = ("index_token", "index_ref")


def driver(conn: Connection[Any], compiled: Sequence[Compiled], *, choosy: bool) -> Probe | None:
    """The probe that finds the candidates: the one with the fewest rows.

    They are counted where there is a choice, or where (`choosy`) much hangs on their number.
    """
    probes = [each for each in compiled if isinstance(each, Probe)]
    if choosy or len(compiled) > 1:
        _count(conn, probes)
    return min(probes, key=_first, default=None)


def within_one(
    conn: Connection[Any], compiled: Sequence[Compiled], theirs: Callable[[], Compiled]
) -> Probe | None:
    """The same with a patient given: an id, what is quick within a patient, or all that is `theirs`."""
    probes = [each for each in compiled if isinstance(each, Probe)]
    probes = [probe for probe in probes if probe.table in _BY_PATIENT or probe.single]
    if any(probe.table == "index_ref" and probe.mark for probe in probes):
        _count(conn, probes)
    tokens = [probe for probe in probes if probe.table == "index_token"]
    for probe in tokens:  # they lie by patient: those of one are fewer than all of theirs
        probe.rows = min(probe.rows, SOME - 1)
    if not tokens and isinstance(all_of_them := theirs(), Probe):
        all_of_them.rows = SOME
        probes.append(all_of_them)
    return min(probes, key=_first, default=None)


def of_few(rtype: str, compiled: Sequence[Compiled], p: Params) -> Probe | None:
    """The probe that finds the candidates of a few patients, one by one; None for these themselves."""
    quick = [each for each in compiled if isinstance(each, Probe) and each.table == "index_token"]
    if quick or rtype == "Patient":
        return min(quick, key=_first, default=None)
    [code] = own.OWNER[rtype]
    sql = f"{{x}}.key = {p(index.range_key(rtype, code))} AND {{x}}.target = {{x}}.patient"
    return Probe("index_ref", sql, rows=SOME, single=True)


def whose(conn: Connection[Any], rtype: str, passing: Filter) -> str:
    """The query for the patients who come into question, where they are few."""
    if not passing.patients or (rtype != "Patient" and rtype not in own.OWNER):
        return ""
    of = f"SELECT o.patient FROM ({passing.patients}) o LIMIT {FEW_GRANTS + 1}"
    sql = f"SELECT count(*), count(DISTINCT f.patient) FROM ({of}) f"
    [(grants, patients)] = StoreCursor(conn).execute(sql, passing.params).fetchall()
    return passing.patients if grants <= FEW_GRANTS and patients <= FEW_PATIENTS else ""


def to_ask(
    conn: Connection[Any], query: Search, source: Probe, tests: Iterable[Compiled], *, ordered: bool
) -> float:
    """How many candidates have to be asked until a page is full. `ordered`: they come in the order wanted, so
    the rest of them need not be asked at all."""
    rarest = min((each.rows for each in tests if isinstance(each, Probe) and each.mark), default=0)
    if not ordered or not rarest:
        return source.rows
    mark: Mark = ("resource", TYPE_NUMBERS[query.rtype], ())
    there = counted(conn, [mark])[mark]
    return min(source.rows, (query.count + 1) * there / rarest) if there <= MANY else source.rows


def rarest_first(compiled: Iterable[Compiled]) -> list[Compiled]:
    """What lets the fewest through is asked first; what is no probe, last."""
    return sorted(compiled, key=lambda each: each.rows if isinstance(each, Probe) else 1e12)


def _count(conn: Connection[Any], probes: Iterable[Probe]) -> None:
    marked = [(probe, probe.mark) for probe in probes if probe.mark]
    rows = counted(conn, [mark for _, mark in marked])
    if len(rows) > 1 and min(rows.values()) > MANY:
        rows = counted(conn, list(rows), FAR)
    for probe, mark in marked:
        probe.rows = rows[mark]


def _first(probe: Probe) -> tuple[float, int]:
    return probe.rows, probe.rank
