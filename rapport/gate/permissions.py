"""What can be asked for: actions, categories of the record, purposes; bits, as grants keep them.

Actions are the letters that SMART scopes use: create, read, update, delete, search.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

from rapport.fhir.labels import BITS, CATEGORY

Action = Literal["c", "r", "u", "d", "s"]

READ: Action = "r"
SEARCH: Action = "s"
CREATE: Action = "c"
UPDATE: Action = "u"
DELETE: Action = "d"

#: Bit of each action in `access_grant.actions`; finding and reading are one right.
ACTION_BITS = MappingProxyType({"r": 1, "s": 1, "c": 2, "u": 4, "d": 8})

#: What each action is called in a sentence.
ACTION_WORDS = MappingProxyType({"r": "see", "s": "see", "c": "write", "u": "change", "d": "delete"})

# The categories that a patient shares by, and two that are not shared: the circle and the sharing itself.
IDENTITY = 1  # who the person is: Patient
CONVERSATION = 2  # what is said and promised: Communication, Task, and the files they carry
RECORD = 4  # the health record: everything else in a person's compartment
APPOINTMENT = 8
PLAN = 16
DECISION = 32
LEARNING = 64  # no type of its own yet
HELP = 128  # what family does and brings: Tasks with its mark
CIRCLE = 256  # who belongs to the person: RelatedPerson
SHARING = 512  # who may see what, and who looked: Consent, AuditEvent
STORY = 1024  # what the person says of themselves: QuestionnaireResponse
GOAL = 2048  # what the person would like: Goal; shared with the plan, and written by the person themselves
UPDATES = 4096  # what a team writes for the family: Communications with its mark
MEETING = 8192  # what is said around a table: Communications with its mark; shared with who is asked to it
EVERY_CATEGORY = (1 << 14) - 1
CLINICAL = EVERY_CATEGORY & ~(IDENTITY | SHARING)

_CATEGORY = {
    "Patient": IDENTITY,
    "Communication": CONVERSATION,
    "Task": CONVERSATION,
    "Binary": CONVERSATION,
    "Appointment": APPOINTMENT,
    "AppointmentResponse": APPOINTMENT,
    "CarePlan": PLAN,
    "Goal": GOAL,
    "RequestGroup": DECISION,
    "QuestionnaireResponse": STORY,
    "RelatedPerson": CIRCLE,
    "Consent": SHARING,
    "AuditEvent": SHARING,
}

#: A mark in `meta.security` -> the category of a row that carries it; and the types that hold such rows.
MARKED = MappingProxyType(
    {
        BITS[CATEGORY, "practical-help"]: HELP,
        BITS[CATEGORY, "updates"]: UPDATES,
        BITS[CATEGORY, "meetings"]: MEETING,
    }
)
MARKED_TYPES = frozenset({"Communication", "Task"})

#: Types that say how the site works, not who somebody is: readable by everybody who is signed in, as
#: long as the resource belongs to no patient. A type that is not here needs a grant, whatever it holds.
_DIRECTORY = """
    ActivityDefinition CapabilityStatement CodeSystem CompartmentDefinition ConceptMap
    EventDefinition Evidence EvidenceVariable HealthcareService ImplementationGuide Library Location
    Measure Medication MedicationKnowledge MessageDefinition NamingSystem OperationDefinition
    Organization OrganizationAffiliation PlanDefinition Practitioner PractitionerRole Questionnaire
    ResearchDefinition ResearchElementDefinition SearchParameter StructureDefinition StructureMap
    Substance TerminologyCapabilities ValueSet
"""
DIRECTORY = frozenset(_DIRECTORY.split())

#: Types that nobody writes by hand, whatever a grant says: programs with a scope and Rapport itself only.
WITNESSED = frozenset({"AuditEvent"})

#: Why somebody asks (HL7 v3 PurposeOfUse), as bits of `access_grant.purposes`.
PURPOSES = MappingProxyType(
    {"TREAT": 1, "PATRQT": 2, "FAMRQT": 4, "ETREAT": 8, "HOPERAT": 16, "HSYSADMIN": 32}
)
EVERY_PURPOSE = sum(PURPOSES.values())


def category_of(rtype: str) -> int:
    """The category bit of a resource type inside a person's compartment, where no mark says another."""
    return _CATEGORY.get(rtype, RECORD)
