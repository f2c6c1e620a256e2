"""A template for tests: two goals, three activities, one defined elsewhere and one for women alone."""

from __future__ import annotations

from typing import Any

URL = "urn:rapport:tests:plan:feet"
PLAN: dict[str, Any] = {
    "resourceType": "PlanDefinition",
    "id": "feet",
    "url": URL,
    "version": "1.2",
    "status": "active",
    "title": "Good feet",
    "purpose": "For people whose feet are numb.",
    "type": {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/plan-definition-type",
                "code": "clinical-protocol",
            }
        ]
    },
    "goal": [
        {"id": "walk", "description": {"text": "To walk without fear"}},
        {
            "id": "whole",
            "description": {"text": "Whole skin"},
            "target": [
                {
                    "measure": {"text": "Sores"},
                    "detailCodeableConcept": {"text": "none"},
                    "due": {"value": 3, "unit": "months"},
                }
            ],
        },
    ],
    "action": [
        {
            "id": "daily",
            "title": "Every day",
            "action": [
                {
                    "id": "look",
                    "title": "Look at both feet",
                    "goalId": ["whole"],
                    "timingTiming": {
                        "repeat": {
                            "frequency": 1,
                            "period": 1,
                            "periodUnit": "d",
                            "timeOfDay": ["20:00:00"],
                        }
                    },
                },
                {"id": "jab", "definitionCanonical": "urn:rapport:tests:activity:tetanus|1"},
            ],
        },
        {
            "id": "shoes",
            "title": "Try other shoes",
            "goalId": ["walk"],
            "condition": [
                {
                    "kind": "applicability",
                    "expression": {"language": "text/fhirpath", "expression": "gender = 'female'"},
                }
            ],
        },
        {
            "id": "beard",
            "title": "Shave",
            "condition": [
                {
                    "kind": "applicability",
                    "expression": {"language": "text/fhirpath", "expression": "gender = 'male'"},
                }
            ],
        },
    ],
}
ACTIVITY: dict[str, Any] = {
    "resourceType": "ActivityDefinition",
    "id": "tetanus",
    "url": "urn:rapport:tests:activity:tetanus",
    "version": "1",
    "status": "active",
    "kind": "ServiceRequest",
    "title": "Tetanus vaccination",
}
