"""What would somebody see, and why?"""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import Connection

from rapport.fhir.outcomes import Refused
from rapport.gate import preview
from rapport.gate.door import Door
from tests.gate.consent.making import (
    Seat,
    consent,
    deny,
    finds,
    permit,
)
from tests.personas import (
    BILAL,
    DARA,
    TEAM,
    People,
    observation,
)

pytestmark = pytest.mark.usefixtures("guarded")


def test_amina_sees_beforehand_what_bilal_would_see(record: Door, conn: Connection[Any], door: Seat) -> None:
    hers = door(People.amina)
    with preview.supposing(hers, consent(permit(BILAL, "health-record"))):
        assert finds(preview.seen_by(hers, People.bilal), "Observation") == {"o1"}
    assert finds(preview.seen_by(hers, People.bilal), "Observation") == set()
    assert finds(door(People.bilal), "Observation") == set()
    assert preview.seen_by(hers, People.chen).find("Patient", "eve") is None  # of the own record only
    with pytest.raises(Refused):
        preview.seen_by(hers, People.dara).create(observation("new"))
    hers.finish()
    row = conn.execute("SELECT count(*) FROM audit WHERE ref = %s", (BILAL,)).fetchone()
    assert row == (0,) or row[0] <= 2  # none of it was Bilal's look


def test_why(record: Door, door: Seat) -> None:
    hers = door(People.amina)
    why = preview.would(hers, People.dara, "r", "Observation", "o1")
    assert why.allowed and why.rule == "care team"
    assert not preview.would(hers, People.bilal, "r", "Observation", "o1").allowed
    hers.create(consent(permit(BILAL, "health-record")))
    shared = preview.would(hers, People.bilal, "r", "Observation", "o1")
    assert shared.allowed and shared.rule == "consent"
    hers.create(consent(deny(DARA)))
    closed = preview.would(door(People.chen), People.dara, "r", "Observation", "o1")
    assert not closed.allowed and closed.rule == "denied" and TEAM not in closed.reason
    hers.create(consent(deny(People.eve_staff.ref)))
    never = preview.would(door(People.chen), People.eve_staff, "r", "Observation", "o1")
    assert not never.allowed and not never.rule, "to whom nothing was open nothing was closed"
    for stranger in (People.eve, People.eve_staff, People.bilal, People.root):
        with pytest.raises(Refused):
            preview.would(door(stranger), People.dara, "r", "Observation", "o1")
