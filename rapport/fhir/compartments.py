"""R4's compartment of a Patient: how a resource of each type belongs to it."""

from __future__ import annotations

from dataclasses import replace

from rapport.fhir import own
from rapport.fhir.definitions import compartment, search_param
from rapport.fhir.outcomes import Refused
from rapport.fhir.search_tree import Any, Clause, Condition, Search
from rapport.fhir.search_values import Reference, Token


def within(search: Search, patient: str) -> Search:
    """The search among the members of the compartment of `Patient/…` only.

    Refused("invalid") for a type that R4 lets nobody's compartment have.
    """
    codes = compartment(search.rtype)
    if not codes:
        raise Refused("invalid", f"{search.rtype} is in no patient's compartment.", "Search it by itself.")
    ways: list[Condition] = [
        Clause(param, (Reference(patient),)) for code in codes if (param := search_param(search.rtype, code))
    ]
    itself = search_param("Patient", "_id")
    if search.rtype == "Patient" and itself is not None:
        ways.append(Clause(itself, (Token(None, patient.partition("/")[2]),)))
    member = ways[0] if len(ways) == 1 else Any(tuple(ways))
    return replace(search, conditions=(member, *search.conditions))


def belonging(rtype: str) -> frozenset[str]:
    """Search parameters by which a resource is a patient's, by R4 or by ours (see `own.OWNER`)."""
    return frozenset((*compartment(rtype), *own.OWNER.get(rtype, ())))
