"""The table of R4 and the search parameters that come of it."""

from __future__ import annotations

import time
import zlib

import pytest

from rapport.fhir import own
from rapport.fhir.definitions import (
    TYPE_NAMES,
    TYPE_NUMBERS,
    about_people,
    compartment,
    search_param,
    search_params,
)
from rapport.fhir.emit import emitter
from rapport.fhir.paths import leaves_of
from rapport.fhir.table import RESOURCE_TYPES, codes_of, part


def test_type_numbers_never_change() -> None:
    assert len(TYPE_NUMBERS) == 146
    assert TYPE_NAMES[TYPE_NUMBERS["Patient"]] == "Patient"
    # Numbers are in the database: this sum may never change.
    assert zlib.crc32(",".join(TYPE_NAMES[n] for n in sorted(TYPE_NAMES)).encode()) == 2183537709


def test_every_simple_pair_is_covered() -> None:
    """R4 has 1,633 (type, parameter) pairs that are not composite, the six of all types counted once."""
    pairs = {
        ("Resource" if param.code.startswith("_") else rtype, param.code): param
        for rtype in RESOURCE_TYPES
        for param in search_params(rtype).values()
        if param.type != "composite" and param.code not in own.SEARCH.get(rtype, {})
    }
    dead = [
        pair
        for pair, param in pairs.items()
        if not any(leaf.present or emitter(param.type, leaf, *pair) for leaf in param.leaves)
    ]
    assert len(pairs) == 1633
    assert dead == []


def test_every_composite_can_be_searched() -> None:
    found = [p for t in RESOURCE_TYPES for p in search_params(t).values() if p.type == "composite"]
    assert len(found) == 72
    for param in found:
        assert param.together or param.contexts
        assert all(search_param(param.rtype, code) for code in param.together)
        assert param.components[0].type == "token"


@pytest.mark.parametrize("rtype", RESOURCE_TYPES)
def test_own_tables_name_parameters_that_exist(rtype: str) -> None:
    for code in own.OWNER.get(rtype, ()):
        param = search_param(rtype, code)
        assert param is not None and "Patient" in param.targets
    for code in own.WHEN.get(rtype, ()):
        param = search_param(rtype, code)
        assert param is not None and param.type == "date"


@pytest.mark.parametrize("rtype", RESOURCE_TYPES)
def test_what_r4_puts_in_the_compartment_is_about_people(rtype: str) -> None:
    if compartment(rtype):
        assert about_people(rtype)
        assert rtype in own.OWNER or rtype in ("Patient", "Group")


def test_own_parameters_stand_beside_the_standard_ones() -> None:
    due, team = search_param("Task", "due"), search_param("Task", "team")
    assert due is not None and due.type == "date" and due.jsonpaths == ('$."restriction"."period"."end"',)
    assert team is not None and "Organization" in team.targets


def test_implied_systems_of_plain_codes() -> None:
    gender = search_param("Patient", "gender")
    assert gender is not None and gender.implied == ("http://hl7.org/fhir/administrative-gender",)


def test_no_element_of_later_versions() -> None:
    assert "url" not in part("Binary")
    assert "classification" not in part("DeviceDefinition")
    assert part("EvidenceVariable.characteristic")["definition"].choice
    assert "author" not in part("Meta")


def test_required_codes_are_listed_and_open_ones_are_not() -> None:
    assert codes_of("administrative-gender") == {"male", "female", "other", "unknown"}
    assert part("Patient")["language"].codes == ""
    assert part("Attachment")["contentType"].codes == ""


@pytest.mark.parametrize(
    "expression",
    [
        "Patient.nothing",
        "Patient.name.first()",
        "Patient.name.where(use > 'a')",
        "Observation.value as Nothing",
    ],
)
def test_paths_outside_the_grammar_are_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"grammar|nowhere"):
        leaves_of(expression, expression.split(".")[0])


def test_extension_paths() -> None:
    (leaf,) = leaves_of("Patient.extension('http://x').value.ofType(Coding)", "Patient")
    assert leaf.jsonpath == '$."extension" ? (@."url" == "http://x")."valueCoding"'


def test_parameters_of_all_types_compile_quickly() -> None:
    search_params.cache_clear()
    start = time.perf_counter()
    assert sum(len(search_params(rtype)) for rtype in RESOURCE_TYPES) > 2500
    assert time.perf_counter() - start < 2
