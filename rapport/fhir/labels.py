"""Security labels as a bit mask. A row's mask says what one must be cleared for to see it.

Bit 0 stands for every label that is not known here: only the system clears it, so that a new label
hides and never reveals. The order of `LABELS` is the meaning of the bits in the database: append only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
OWN: Final = "urn:rapport:label"
STAFF_ONLY: Final = (OWN, "staff-only")

#: Kept from the circle by the patient's own wish ("patient requested sensitivity").
PRIVATE: Final = (ACT_CODE, "PRS")
#: System of the tag that counts how often a label alone was changed: no change of what was written.
RELABELLED: Final = "urn:rapport:relabelled"

#: Parts of a record that were records of their own before they were joined (ADR 19): one label for each.
PARTS: Final = tuple((OWN, f"joined-{number}") for number in range(1, 9))

UNKNOWN: Final = 1

_SENSITIVITIES: Final = (
    "ETH GDIS HIV MST SCA SDV SEX SPI BH COGN DVD EMOTDIS MH PSY PSYTHPN SUD ETHUD OPIOIDUD STD TBOO VIO "
    "SICKLE DEMO DOB GENDER LIVARG MARST RACE REL B EMPL LOCIS SSP ADOL CEL DIA DRGIS EMP PDS PHY PRS "
    "COMPT HRCOMPT RESCOMPT RMGTCOMPT PREGNANT"
)

LABELS: Final[tuple[tuple[str, str], ...]] = (
    STAFF_ONLY,
    (CONFIDENTIALITY, "R"),
    (CONFIDENTIALITY, "V"),
    *((ACT_CODE, code) for code in _SENSITIVITIES.split()),
    *PARTS,
)
BITS: Final[Mapping[tuple[str, str], int]] = {label: 1 << bit for bit, label in enumerate(LABELS, 1)}
STAFF: Final = BITS[STAFF_ONLY]
JOINED: Final = sum(BITS[part] for part in PARTS)
#: Every known label and the unknown one: what the system clears.
ALL: Final = UNKNOWN | sum(BITS.values())

#: Labels that hide nothing: ordinary confidentiality, and what says only how good or made-up the data is.
OPEN: Final = frozenset(
    {(CONFIDENTIALITY, code) for code in "ULMN"}
    | {
        ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST"),
        ("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED"),
    }
)


def mask(security: object) -> int:
    """The mask of a `meta.security` list; 0 for nothing to hide. Anything unreadable counts as unknown."""
    if security is None or security == []:
        return 0
    if not isinstance(security, list):
        return UNKNOWN
    found = 0
    for coding in security:
        if not isinstance(coding, dict):
            found |= UNKNOWN
            continue
        system, code = coding.get("system"), coding.get("code")
        if not (isinstance(system, str) and isinstance(code, str)):
            found |= UNKNOWN
            continue
        if (system, code) not in OPEN:
            found |= BITS.get((system, code), UNKNOWN)
    return found


def is_private(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is kept from the circle by the patient's wish."""
    return any(_is(PRIVATE, label) for label in _meta(resource).get("security") or ())


def with_privacy(resource: Mapping[str, Any], private: bool) -> dict[str, Any]:
    """The same resource, kept from the circle or not; the change is counted (`relabelled`)."""
    meta = _meta(resource)
    kept = [label for label in meta.pop("security", None) or () if not _is(PRIVATE, label)]
    if private:
        kept.append({"system": PRIVATE[0], "code": PRIVATE[1]})
    tags = [tag for tag in meta.pop("tag", None) or () if tag.get("system") != RELABELLED]
    tags.append({"system": RELABELLED, "code": str(relabelled(resource) + 1)})
    return {**resource, "meta": {**meta, "tag": tags, **({"security": kept} if kept else {})}}


def relabelled(resource: Mapping[str, Any]) -> int:
    """How many versions of a resource changed a label alone."""
    for tag in _meta(resource).get("tag") or ():
        if tag.get("system") == RELABELLED and str(tag.get("code")).isdecimal():
            return int(tag["code"])
    return 0


def _meta(resource: Mapping[str, Any]) -> dict[str, Any]:
    return dict(resource.get("meta") or {})


def _is(label: tuple[str, str], coding: Any) -> bool:
    return isinstance(coding, dict) and (coding.get("system"), coding.get("code")) == label


def words(bits: int) -> tuple[tuple[str, str], ...]:
    """The labels of a mask; an unknown one is `("", "unknown")`."""
    found = tuple(label for label, bit in BITS.items() if bits & bit)
    return (("", "unknown"), *found) if bits & UNKNOWN else found
