"""Keys of what Rapport names begin with the time; those of other names are hashes."""

from __future__ import annotations

import re

import pytest

from rapport.fhir.keys import SPELL, hash64, reference_key, resource_key, timely

CHANCE = bytes(range(200, 216))
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def first_byte(key: int) -> int:
    return key >> 56 & 255


@pytest.mark.parametrize("byte", [0, 1, 127, 128, 255])
def test_ids_and_their_keys_begin_with_the_time(byte: int) -> None:
    rid = timely(256 * SPELL * 1000 + byte * SPELL, CHANCE)
    assert ID.fullmatch(rid) and rid.startswith(f"{byte:02x}")
    key = resource_key("Patient", rid)
    assert first_byte(key) == byte and -(2**63) <= key < 2**63
    assert reference_key(f"Patient/{rid}/_history/3") == key
    assert first_byte(resource_key("Task", rid)) == byte and resource_key("Task", rid) != key


def test_what_is_made_together_begins_alike_and_differs_in_the_rest() -> None:
    made = [timely(1_000_000.5, chance.to_bytes(16, "big")) for chance in range(1 << 120, (1 << 120) + 9)]
    assert len(set(made)) == 9 and len({rid[:2] for rid in made}) == 1
    assert len({resource_key("Task", rid) for rid in made}) == 9
    assert timely(1_000_000.5 + SPELL, CHANCE)[:2] != timely(1_000_000.5, CHANCE)[:2]


@pytest.mark.parametrize(
    "name",
    [
        "Patient/amina",
        "Patient/4b6f1f0e-6d0d-4f0e-9d38-6a1c8a3f4b11",  # chance
        "Patient/018f1f0e-6d0d-7f0e-9d38-6a1c8a3f4b11",  # a time of its own
        "Patient/4B6F1F0E-6D0D-8F0E-9D38-6A1C8A3F4B11",
        "Patient/x4b6f1f0e-6d0d-8f0e-9d38-6a1c8a3f4b11",
        "Patient/4b6f1f0e-6d0d-8f0e-9d38-6a1c8a3f4b11\n",
        "urn:uuid:4b6f1f0e-6d0d-8f0e-9d38-6a1c8a3f4b11",
    ],
)
def test_other_names_are_hashes(name: str) -> None:
    assert reference_key(name) == hash64(name)
