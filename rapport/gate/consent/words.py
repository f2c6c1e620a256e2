"""The codes that a Consent may speak in, and what each means at the door. What is not here can't be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rapport.gate import permissions as p

Coding = tuple[str, str]  # system, code

_TERMS: Final = "http://terminology.hl7.org/CodeSystem/"
_ACT_CODE: Final = _TERMS + "v3-ActCode"

#: Our own sharing categories, as `provision.class`.
CATEGORY: Final = "urn:rapport:category"
CATEGORIES: Final[Mapping[str, int]] = {
    "identity": p.IDENTITY,
    "conversations": p.CONVERSATION,
    "appointments": p.APPOINTMENT,
    "what-matters": p.STORY,
    "plan": p.PLAN | p.GOAL,
    "health-record": p.RECORD,
    "decisions": p.DECISION,
    "learning": p.LEARNING,
    "practical-help": p.HELP,
}
#: The system of a `provision.class` that names a FHIR type.
TYPES: Final = "http://hl7.org/fhir/resource-types"

#: What may be done, as bits of `access_grant.actions`. To disclose to somebody is to let them see.
ACTION: Final = _TERMS + "consentaction"
ACTIONS: Final[Mapping[str, int]] = {
    "access": p.ACTION_BITS["r"],
    "use": p.ACTION_BITS["r"],
    "disclose": p.ACTION_BITS["r"],
    "collect": p.ACTION_BITS["c"],
    "correct": p.ACTION_BITS["u"] | p.ACTION_BITS["d"],
}
PURPOSE: Final = _TERMS + "v3-ActReason"

#: In force, known not to be (such a Consent says nothing); any other status is unreadable.
IN_FORCE: Final = "active"
NOT_IN_FORCE: Final = frozenset({"draft", "proposed", "rejected", "inactive", "entered-in-error"})

_SCOPE: Final = _TERMS + "consentscope"
PRIVACY: Final[Coding] = (_SCOPE, "patient-privacy")
OTHER_SCOPES: Final = frozenset((_SCOPE, code) for code in ("adr", "research", "treatment"))

_LOINC: Final = "http://loinc.org"
_CATEGORY: Final = _TERMS + "consentcategorycodes"
_OTHERS: Final = ("acd", "dnr", "emrgonly", "hcd", "npp", "polst", "research", "rsdid", "rsreid")
#: Categories of Consents about access, and of those that are about something else.
ABOUT_ACCESS: Final = frozenset(
    {
        (_LOINC, "59284-0"),
        (_LOINC, "64292-6"),
        *((_ACT_CODE, code) for code in ("IDSCL", "INFA", "INFACCESS")),
    }
)
ABOUT_OTHERS: Final = frozenset(
    {
        (_LOINC, "57016-8"),  # privacy policy, acknowledged
        (_LOINC, "57017-6"),  # privacy policy of an organisation
        *((_CATEGORY, code) for code in _OTHERS),
        *((_ACT_CODE, code) for code in ("RESEARCH", "RSDID", "RSREID")),
    }
)
#: The policy under which all is permitted but for what is said: then a root without a type denies nothing.
OPT_IN: Final[Coding] = (_ACT_CODE, "OPTIN")

_ROLE_CODE: Final = _TERMS + "v3-RoleCode"
_ROLE_SYSTEMS: Final = tuple(
    _TERMS + name
    for name in ("v3-RoleCode", "v3-RoleClass", "v3-ParticipationType", "v3-ParticipationFunction")
)
_FAMILY: Final = (
    "FAMMEMB CHILD CHLDADOPT DAUADOPT SONADOPT CHLDFOST DAUFOST SONFOST DAUC DAU STPDAU NCHILD SON "
    "SONC STPSON STPCHLD EXT AUNT MAUNT PAUNT COUSN GGRPRN GRFTH GRMTH GRNDCHILD GRNDDAU GRNDSON "
    "GRPRN NIENEPH NEPHEW NIECE UNCLE FTH MTH NFTH NMTH STPFTH STPMTH STPPRN ADOPTP FTHFOST MTHFOST "
    "PRNFOST INLAW CHLDINLAW DAUINLAW SONINLAW PRNINLAW FTHINLAW MTHINLAW SIBINLAW BROINLAW SISINLAW "
    "SIB BRO HBRO HSIB HSIS NBRO NSIB NSIS SIS STPBRO STPSIB STPSIS TWIN TWINBRO TWINSIS SIGOTHR "
    "DOMPART FMRSPS SPS HUSB WIFE FRND NBOR ROOM"
)
_ORDINARY: Final = "PRCP IRCP CST TRC NOK ECON DELEGATEE CAREGIVER AGNT ASSIGNED PROV EMP AUCG"
#: Roles that say only who somebody is.
ORDINARY_ROLES: Final = frozenset(
    (system, code) for system in _ROLE_SYSTEMS for code in f"{_ORDINARY} {_FAMILY}".split()
)
#: Roles that act by law, not by the patient's wish: they hold as `authority` says.
PARENT, GUARDIAN, AGENT = "parent", "guardian", "agent"
AUTHORITIES: Final[Mapping[Coding, str]] = {
    (_ROLE_CODE, "PRN"): PARENT,
    (_ROLE_CODE, "NPRN"): PARENT,
    (_ROLE_CODE, "GUARD"): GUARDIAN,
    (_TERMS + "v3-RoleClass", "GUARD"): GUARDIAN,
    **{(_ROLE_CODE, code): AGENT for code in ("HPOWATT", "DPOWATT", "POWATT", "SPOWATT")},
}
#: What an actor may be. A group or a care team has members that change elsewhere: it can't be read here.
ACTORS: Final = (
    "Patient/", "RelatedPerson/", "Practitioner/", "PractitionerRole/", "Organization/", "Device/",
)  # fmt: skip
#: How `provision.data` is meant: the thing itself, or also what refers to it.
ITSELF: Final = frozenset({"instance"})
AROUND: Final = frozenset({"related", "dependents"})
