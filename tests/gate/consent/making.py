"""Consents of Amina's, as the tests write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from tests.gate.consent.policies import coding, concept
from tests.personas import AMINA, BILAL

Seat = Callable[[Actor], Door]
PERSONAL = ("TREAT", "PATRQT", "FAMRQT")


def actor(ref: str, role: str = "PRCP") -> dict[str, Any]:
    return {"role": concept(role, "v3-RoleCode"), "reference": {"reference": ref}}


def permit(ref: str, *categories: str, role: str = "PRCP", **more: Any) -> dict[str, Any]:
    """A provision that lets somebody see some categories."""
    return {
        "type": "permit",
        "actor": [actor(ref, role)],
        "action": [concept("access", "consentaction")],
        "purpose": [coding(code, "v3-ActReason") for code in PERSONAL],
        **({"class": [coding(code, "urn:rapport:category") for code in categories]} if categories else {}),
        **more,
    }


def deny(ref: str, **more: Any) -> dict[str, Any]:
    """A provision that closes the record to somebody."""
    return {"type": "deny", "actor": [actor(ref)], **more}


def consent(provision: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Consent of Amina's."""
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": concept("patient-privacy", "consentscope"),
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": AMINA},
        "policyRule": concept("OPTIN", "v3-ActCode"),
        "provision": provision,
        **more,
    }


def finds(door: Door, rtype: str) -> set[str]:
    return {one.rid for one in door.search(rtype).matches}


def by_law(role: str, **more: Any) -> dict[str, Any]:
    proof = {
        "verification": [{"verified": True, "verificationDate": "2020-01-01"}],
        "sourceReference": {"reference": "DocumentReference/proof"},
    }
    labels = [coding("PSY", "v3-ActCode")]
    given = permit(
        BILAL, "identity", "health-record", "conversations", role=role, securityLabel=labels, **more
    )
    return consent(given, **proof)


def years_ago(years: int, days: int = 0) -> str:
    today = datetime.now(UTC).date() + timedelta(days=days)
    return today.replace(year=today.year - years, day=min(today.day, 28)).isoformat()
