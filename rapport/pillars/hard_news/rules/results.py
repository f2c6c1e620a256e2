"""Which results are news, of which kind they are, and which wish is about them. Pure; time is passed in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from rapport.pillars.hard_news.shapes import SAID, SETTLED, Wish

#: Types of resources that may be results.
TYPES = frozenset({"DiagnosticReport", "Observation"})
#: Categories of Observation that are results of tests.
_TESTS = frozenset({"laboratory", "imaging", "procedure", "exam"})
#: A result that is older when it arrives is history, not news.
OLD = timedelta(days=30)


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Kind → what it is told by (`kinds.toml`), in order."""
    parts = tomllib.loads(files(__package__).joinpath("kinds.toml").read_text("utf-8"))
    return {name: {key: frozenset(some) for key, some in part.items()} for name, part in parts.items()}


def is_result(body: Mapping[str, Any]) -> bool:
    """Whether a resource is the result of a test. Asked at every write: quick."""
    rtype = body.get("resourceType")
    if rtype == "DiagnosticReport":
        return True
    if rtype != "Observation":
        return False
    return bool(_codes(body.get("category")) & _TESTS) or bool(_fits(body) - {"any"})


def kinds_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds that a result is of, the most particular first; `any` is the last, always."""
    fits = _fits(body)
    return tuple(name for name in kinds() if name in fits)


def _fits(body: Mapping[str, Any]) -> set[str]:
    meta = (body.get("meta") or {}).get("security")
    found = {"any"}
    marks = {"labels": _codes([{"coding": meta}]), "categories": _codes(body.get("category")),
             "codes": _codes([body.get("code")])}  # fmt: skip
    for name, told in kinds().items():
        if any(told.get(key, frozenset()) & some for key, some in marks.items()):
            found.add(name)
    return found


def _codes(concepts: Any) -> set[str]:
    return set(_each(concepts))


def _each(concepts: Any) -> Iterator[str]:
    for concept in concepts if isinstance(concepts, list) else ():
        coding = concept.get("coding") if isinstance(concept, Mapping) else None
        for one in coding if isinstance(coding, list) else ():
            if isinstance(one, Mapping) and isinstance(one.get("code"), str):
                yield one["code"]


def is_news(before: Mapping[str, Any] | None, after: Mapping[str, Any], now: datetime) -> bool:
    """Whether a result as it is written now says something new to the person.

    It does when it says something for the first time, and when what was preliminary is settled. What lies
    a month back is not news.
    """
    status = after.get("status")
    if status not in SAID:
        return False
    was = before.get("status") if before is not None else None
    if was in SETTLED or (was in SAID and status not in SETTLED):
        return False
    at = told_at(after)
    return at is None or now - at <= OLD


def told_at(body: Mapping[str, Any]) -> datetime | None:
    """When a result was given out, or else taken; None where it does not say."""
    period = body.get("effectivePeriod") or {}
    for text in (body.get("issued"), body.get("effectiveDateTime"), period.get("end"), period.get("start")):
        try:
            if isinstance(text, str) and len(text) > 10:
                at = datetime.fromisoformat(text)
                return at if at.tzinfo else at.replace(tzinfo=UTC)
            if isinstance(text, str) and len(text) == 10:
                return datetime.combine(date.fromisoformat(text), time(), UTC)
        except ValueError:
            continue
    return None


def wish_about(body: Mapping[str, Any], wishes: Iterable[Wish]) -> tuple[str, Wish] | None:
    """The kind by which a result falls under a wish, and the wish; the most particular one counts."""
    known = {one.kind: one for one in wishes if one.stands}
    return next(((kind, known[kind]) for kind in kinds_of(body) if kind in known), None)
