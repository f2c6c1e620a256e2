"""What Rapport adds to R4: three search parameters, and which element owns, dates or joins a resource.

`OWNER` names the search parameters that put a resource into one Patient's compartment, first match
first. It is narrower than R4's compartment (writing, receiving or performing alone make nobody an
owner) and wider where R4 has no entry although the resource is about a person (Device, Contract, ...).

`WHEN` names the date parameters that give the clinical time, first match first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

#: Type -> code -> [search type, expression, targets]: same form as the table's.
SEARCH: Final[Mapping[str, Mapping[str, list[Any]]]] = {
    "Binary": {"context": ["reference", "Binary.securityContext", ["Patient", "Communication"]]},
    "Task": {
        "due": ["date", "Task.restriction.period.end"],
        "team": [
            "reference",
            "Task.restriction.recipient",
            ["Group", "Organization", "Patient", "Practitioner", "PractitionerRole", "RelatedPerson"],
        ],
    },
}

OWNER: Final[Mapping[str, tuple[str, ...]]] = {
    "Account": ("subject",),
    "AdverseEvent": ("subject",),
    "AllergyIntolerance": ("patient",),
    "Appointment": ("actor",),
    "AppointmentResponse": ("actor",),
    "AuditEvent": ("patient",),
    "Basic": ("patient",),
    "Binary": ("context",),
    "BodyStructure": ("patient",),
    "CarePlan": ("patient",),
    "CareTeam": ("patient",),
    "ChargeItem": ("subject",),
    "Claim": ("patient",),
    "ClaimResponse": ("patient",),
    "ClinicalImpression": ("subject",),
    "Communication": ("subject",),
    "CommunicationRequest": ("subject",),
    "Composition": ("subject",),
    "Condition": ("patient",),
    "Consent": ("patient",),
    "Contract": ("patient",),
    "Coverage": ("beneficiary",),
    "CoverageEligibilityRequest": ("patient",),
    "CoverageEligibilityResponse": ("patient",),
    "DetectedIssue": ("patient",),
    "Device": ("patient",),
    "DeviceRequest": ("subject",),
    "DeviceUseStatement": ("subject",),
    "DiagnosticReport": ("subject",),
    "DocumentManifest": ("subject",),
    "DocumentReference": ("subject",),
    "Encounter": ("subject",),
    "EnrollmentRequest": ("subject",),
    "EpisodeOfCare": ("patient",),
    "ExplanationOfBenefit": ("patient",),
    "FamilyMemberHistory": ("patient",),
    "Flag": ("patient",),
    "Goal": ("patient",),
    "GuidanceResponse": ("patient",),
    "ImagingStudy": ("patient",),
    "Immunization": ("patient",),
    "ImmunizationEvaluation": ("patient",),
    "ImmunizationRecommendation": ("patient",),
    "Invoice": ("subject",),
    "List": ("subject",),
    "MeasureReport": ("patient",),
    "Media": ("subject",),
    "MedicationAdministration": ("patient",),
    "MedicationDispense": ("patient",),
    "MedicationRequest": ("subject",),
    "MedicationStatement": ("subject",),
    "MolecularSequence": ("patient",),
    "NutritionOrder": ("patient",),
    "Observation": ("subject",),
    "Person": ("patient",),
    "Procedure": ("patient",),
    "Provenance": ("patient",),
    "QuestionnaireResponse": ("subject",),
    "RelatedPerson": ("patient",),
    "RequestGroup": ("subject",),
    "ResearchSubject": ("individual",),
    "RiskAssessment": ("subject",),
    "Schedule": ("actor",),
    "ServiceRequest": ("subject",),
    "Specimen": ("subject",),
    "SupplyDelivery": ("patient",),
    "SupplyRequest": ("subject",),
    "Task": ("patient",),
    "VisionPrescription": ("patient",),
}

_COMMON: Final = (
    "date",
    "occurrence",
    "authored",
    "authored-on",
    "authoredon",
    "created",
    "issued",
    "recorded",
)

WHEN: Final[Mapping[str, tuple[str, ...]]] = {
    "AllergyIntolerance": ("onset", "date"),
    "ClaimResponse": ("created", "payment-date"),
    "Communication": ("sent", "received"),
    "CommunicationRequest": ("occurrence", "authored"),
    "Condition": ("onset-date", "recorded-date"),
    "Coverage": (),
    "DetectedIssue": ("identified",),
    "DeviceRequest": ("authored-on", "event-date"),
    "DocumentReference": ("date", "period"),
    "Flag": ("date",),
    "Goal": ("start-date", "target-date"),
    "ImagingStudy": ("started",),
    "Media": ("created",),
    "MedicationAdministration": ("effective-time",),
    "MedicationDispense": ("whenhandedover", "whenprepared"),
    "MedicationStatement": ("effective",),
    "MeasureReport": ("period", "date"),
    "NutritionOrder": ("datetime",),
    "Provenance": ("recorded", "when"),
    "ServiceRequest": ("authored", "occurrence"),
    "Slot": ("start",),
    "Specimen": ("collected",),
    "Task": ("authored-on", "modified", "period"),
    "VisionPrescription": ("datewritten",),
}


def when(rtype: str) -> tuple[str, ...]:
    """Date parameters that may give the clinical time of this type, best first."""
    return WHEN.get(rtype, _COMMON)
