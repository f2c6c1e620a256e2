"""Security labels as a bit mask. A row's mask says what one must be cleared for to see it.

Bit 0 stands for every label that is not known here: only the system clears it, so that a new label
hides and never reveals. The order of `LABELS` is the meaning of the bits in the database: append only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
OWN: Final = "urn:rapport:label"
STAFF_ONLY: Final = (OWN, "staff-only")

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
)
BITS: Final[Mapping[tuple[str, str], int]] = {label: 1 << bit for bit, label in enumerate(LABELS, 1)}
STAFF: Final = BITS[STAFF_ONLY]
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


def words(bits: int) -> tuple[tuple[str, str], ...]:
    """The labels of a mask; an unknown one is `("", "unknown")`."""
    found = tuple(label for label, bit in BITS.items() if bits & bit)
    return (("", "unknown"), *found) if bits & UNKNOWN else found
