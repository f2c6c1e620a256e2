"""What somebody may do by law, not by the patient's wish: a parent, a guardian, a health-care agent.

Such a Consent needs evidence (its source) and a verification. A parent's permit holds in full below the lower
age of the country, narrowed from there, and ends at the upper age. A guardian's is the same, and one that
begins when the person is of age holds as it says. An agent's permit needs a clinician's sign-off
(`performer`) and an end, on which it is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from rapport.gate.spans import ALWAYS, FOREVER

from . import words
from .ages import ages, birthday
from .boxes import Box

_CLINICIANS = ("Practitioner/", "PractitionerRole/")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a permit by law rests on.

    verified  there is evidence, and all of its verifications say yes
    signed    a clinician has signed
    born      the patient's date of birth as written, "" for none
    """

    verified: bool
    signed: bool
    born: str


def facts(body: dict[str, Any], born: str) -> Facts:
    """What a Consent says of its own authority."""
    checks = body.get("verification")
    evidence = body.get("sourceReference") or body.get("sourceAttachment")
    verified = (
        isinstance(checks, list)
        and all(isinstance(one, dict) and one.get("verified") is True for one in checks)
        and any(isinstance(one.get("verificationDate"), str) for one in checks)
    )
    performers = body.get("performer")
    signed = any(
        isinstance(one, dict) and str(one.get("reference")).startswith(_CLINICIANS)
        for one in (performers if isinstance(performers, list) else ())
    )
    return Facts(verified and isinstance(evidence, dict) and bool(evidence), signed, born)


def bounded(box: Box, authorities: frozenset[str], known: Facts) -> list[Box]:
    """What remains of a permit under the authority that it claims; the box itself where it claims none."""
    if not authorities:
        return [box]
    if not known.verified:
        return []
    if words.AGENT in authorities and (not known.signed or box.ends == FOREVER):
        return []
    if authorities & {words.PARENT, words.GUARDIAN}:
        return list(_by_age(box, authorities, known.born))
    return [box]


def _by_age(box: Box, authorities: frozenset[str], born: str) -> Iterable[Box]:
    said = ages()
    lower, upper = birthday(born, said.lower), birthday(born, said.upper)
    if lower is None or upper is None:
        return
    if words.PARENT not in authorities and not isinstance(box.begins, str) and box.begins >= upper:
        yield box
        return
    yield box.within(ALWAYS, lower)
    yield replace(box, kinds=box.kinds.meet(said.narrowed), clears=0).within(lower, upper)
