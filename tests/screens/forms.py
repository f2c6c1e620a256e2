"""Forms for tests: the samples that come with Rapport, and blank ones with an instrument's codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import rapport.pillars.screens as pillar
from rapport.pillars.screens.shapes.instruments import INSTRUMENTS

SAMPLES = Path(pillar.__file__).parent / "samples"
WEEK, CARER = SAMPLES / "week.json", SAMPLES / "carer.json"
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


def sample(path: Path = WEEK) -> dict[str, Any]:
    """A sample as its file has it."""
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def blank(key: str) -> dict[str, Any]:
    """A form with the codes of an instrument and none of its words."""
    one = INSTRUMENTS[key]
    options = [
        {
            "extension": [{"url": ORDINAL, "valueDecimal": value}],
            "valueCoding": {"system": "urn:tests", "code": str(value), "display": f"Answer {value}"},
        }
        for value in range(one.most + 1)
    ]
    return {
        "resourceType": "Questionnaire",
        "url": f"urn:tests:{key}",
        "version": "1",
        "status": "active",
        "title": f"Blank {key}",
        "copyright": "None.",
        "code": [{"system": one.code[0], "code": one.code[1]}],
        "item": [
            {
                "linkId": str(number),
                "type": "choice",
                "text": f"Question {number}",
                "code": [{"system": one.code[0], "code": code}],
                "answerOption": options,
            }
            for number, code in enumerate(one.items, 1)
        ],
    }
