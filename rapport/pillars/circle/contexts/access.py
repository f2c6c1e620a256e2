"""Contexts of who may see a record, for leads and privacy officers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from rapport.people.portrait import Person
from rapport.pillars.circle.reading.access import Lawful, May

RULE_NAMES: Mapping[str, str | Promise] = {
    "care team": lazy("On the care team"),
    "conversation": lazy("Conversations that were written to them"),
    "conversation, name": lazy("The name of who wrote to them"),
    "conversation, family": lazy("Brought into a conversation"),
    "own entry in the circle": lazy("What the record says about themselves"),
    "emergency": lazy("Opened in an emergency"),
    "consent": lazy("Shared by the patient, or by law"),
}
KINDS: Mapping[str, str | Promise] = {
    "parent": lazy("Parent"),
    "guardian": lazy("Guardian"),
    "agent": lazy("Health-care agent"),
}
ASKED: Mapping[str, str | Promise] = {
    "Patient": lazy("Name and details"),
    "Communication": lazy("Messages"),
    "Appointment": lazy("Visits"),
    "Goal": lazy("Plan and goals"),
    "Condition": lazy("Health record"),
    "RequestGroup": lazy("Decisions"),
}


@dataclass(frozen=True, slots=True)
class AccessPage:
    """`access.html`: who may, by rule; what the law says; and what one person may see, where it was asked."""

    person: Person
    called: str
    groups: tuple[tuple[str, tuple[May, ...]], ...]
    law: tuple[tuple[str, Lawful], ...]
    family: tuple[tuple[str, str], ...]
    staff: tuple[tuple[str, str], ...]
    asked: str
    answer: tuple[tuple[str, bool], ...]
    shut_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShutOutPage:
    """`shut_out.html`: those whom the patient has shut out (id, name), and who was looked up."""

    out: tuple[tuple[str, str], ...]
    name: str
    found: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LawPage:
    """`law.html`: entering what somebody may do by law."""

    person: Person
    called: str
    form: Any
    once: str


def groups(found: tuple[May, ...]) -> tuple[tuple[str, tuple[May, ...]], ...]:
    """Who may, under the rule that lets them."""
    by_rule: dict[str, list[May]] = {}
    for one in found:
        by_rule.setdefault(one.rule, []).append(one)
    return tuple((str(RULE_NAMES.get(rule, rule)), tuple(some)) for rule, some in by_rule.items())


def law_lines(found: tuple[Lawful, ...]) -> tuple[tuple[str, Lawful], ...]:
    """What the law says, with the word for it."""
    return tuple((str(KINDS[one.authority.kind]), one) for one in found)


def answer(found: Mapping[str, bool]) -> tuple[tuple[str, bool], ...]:
    """What somebody may see, kind by kind."""
    return tuple((str(ASKED[rtype]), yes) for rtype, yes in found.items())
