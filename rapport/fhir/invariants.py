"""The invariants of R4 that keep records meaningful: simple ones as a table, the rest as small functions.

Left out are those about conformance resources' inner workings (StructureDefinition, TestScript, ...), and
warnings. dom-3 is left out as well: a contained resource that nothing points to does no harm.
`INVARIANTS[part]` are functions that are given an object of valid structure and yield what is wrong, as the
end of a sentence that begins with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from rapport.fhir import bundles, questionnaires
from rapport.fhir.moments import span
from rapport.fhir.table import part

Json = dict[str, Any]
Rule = Callable[[Json], Iterator[str]]

#: part, key, form, elements. any: at least one of them; one: exactly one; most: at most one;
#: needs: the first only with one of the others.
TABLE: Final = """
AppointmentResponse                     apr-1 any participantType actor
Appointment.participant                 app-1 any type actor
Attachment                              att-1 needs data contentType
AuditEvent.entity                       sev-1 most name query
Bundle.entry                            bdl-5 any resource request response
CapabilityStatement                     cpb-1 any rest messaging document
CapabilityStatement                     cpb-2 any description software implementation
CarePlan.activity                       cpl-3 most detail reference
Composition.section                     cmp-1 any text entry section
Composition.section                     cmp-2 most emptyReason entry
Condition.evidence                      con-2 any code detail
Condition.stage                         con-1 any summary assessment
Consent                                 ppc-1 any policy policyRule
ContactPoint                            cpt-2 needs value system
CoverageEligibilityResponse.insurance.item ces-1 one category productOrService
DataRequirement.codeFilter              drq-1 one path searchParam
DataRequirement.dateFilter              drq-2 one path searchParam
Duration                                drt-1 needs code value
Expression                              exp-1 any expression reference
Extension                               ext-1 one extension value
FamilyMemberHistory                     fhs-1 most age born
FamilyMemberHistory                     fhs-2 needs estimatedAge age
Goal.target                             gol-1 needs detail measure
Immunization.education                  imm-1 any documentType reference
ImmunizationRecommendation.recommendation imr-1 any vaccineCode targetDisease
InsurancePlan                           ipn-1 any identifier name
List                                    lst-1 most emptyReason entry
MedicationAdministration.dosage         mad-1 any dose rate
MolecularSequence.referenceSeq msq-6 one genomeBuild referenceSeqId referenceSeqPointer referenceSeqString
Observation                             obs-6 most dataAbsentReason value
Observation.referenceRange              obs-3 any low high text
OperationDefinition.parameter           opd-1 any type part
Organization                            org-1 any identifier name
Parameters.parameter                    inv-1 one value resource part
Patient.contact                         pat-1 any name telecom address organization
Questionnaire.item                      que-4 most answerOption answerValueSet
Questionnaire.item                      que-11 most answerOption initial
QuestionnaireResponse.item              qrs-1 most answer item
RequestGroup.action                     rqg-1 one resource action
SearchParameter                         spd-1 needs xpath xpathUsage
ServiceRequest                          prr-1 needs orderDetail code
StructureDefinition                     sdf-6 any snapshot differential
StructureDefinition.mapping             sdf-2 any name uri
StructureMap.group.rule.target          smp-1 needs element context
StructureMap.group.rule.target          smp-2 needs context contextType
Timing.repeat                           tim-1 needs duration durationUnit
Timing.repeat                           tim-2 needs period periodUnit
Timing.repeat                           tim-6 needs periodMax period
Timing.repeat                           tim-7 needs durationMax duration
Timing.repeat                           tim-8 needs countMax count
Timing.repeat                           tim-10 most timeOfDay when
TriggerDefinition                       trd-1 most data timing
TriggerDefinition                       trd-2 needs condition data
ValueSet.compose.include                vsd-1 any valueSet system
ValueSet.compose.include                vsd-3 most concept filter
ValueSet.expansion.contains             vsd-6 any code display
ValueSet.expansion.contains             vsd-10 needs code system
"""


def _keys(owner: str, name: str) -> tuple[str, ...]:
    """The JSON properties that an element may stand under."""
    element = part(owner)[name]
    plain = [element.key(kind) for kind in element.kinds]
    return (*plain, *("_" + key for key in plain))


def _listed(owner: str, key: str, form: str, names: list[str]) -> Rule:
    """One line of the table as a function."""
    groups = [_keys(owner, name) for name in names]

    def rule(value: Json) -> Iterator[str]:
        there = [any(key in value for key in group) for group in groups]
        count = sum(there)
        if form == "needs":
            if there[0] and count == 1:
                yield f"must have {' or '.join(names[1:])} with {names[0]} ({key})"
        elif count == 0 and form != "most":
            yield f"must have {' or '.join(names)} ({key})"
        elif count > 1 and form != "any":
            yield f"must not have more than one of {', '.join(names)} ({key})"

    return rule


#: Characters of a date with a time: more digits make it no more precise.
_CLOCK: Final = len("YYYY-MM-DDT")


def _period(value: Json) -> Iterator[str]:
    """As in FHIRPath, a start and an end of different precision that overlap can't be told apart."""
    first, last = value.get("start", ""), value.get("end", "")
    start, end = span(first), span(last)
    if start is None or end is None or start[0] == end[0]:
        return
    vague = min(len(first), _CLOCK) != min(len(last), _CLOCK)
    if start[0] > end[0] or (vague and start[1] > end[0]):
        yield "must not end before it starts, or be too vague to tell (per-1)"


def _quantity(value: Json) -> Iterator[str]:
    if "code" in value and "system" not in value:
        yield "must have a system with its code (qty-3)"


def _range(value: Json) -> Iterator[str]:
    low, high = value.get("low", {}), value.get("high", {})
    if low.get("code") == high.get("code") and low.get("unit") == high.get("unit"):
        bottom, top = low.get("value"), high.get("value")
        if bottom is not None and top is not None and bottom > top:
            yield "must not have a low above its high (rng-2)"


def _ratio(value: Json) -> Iterator[str]:
    there = ("numerator" in value) + ("denominator" in value)
    if there == 1 or (not there and "extension" not in value):
        yield "must have both numerator and denominator (rat-1)"


def _repeat(value: Json) -> Iterator[str]:
    for key, name in (("tim-4", "duration"), ("tim-5", "period")):
        if value.get(name, 0) < 0:
            yield f"must not have a negative {name} ({key})"


def _has(concept: Any, *codes: str) -> bool:
    """True when a CodeableConcept holds one of the codes."""
    codings = concept.get("coding", []) if type(concept) is dict else []
    return any(coding.get("code") in codes for coding in codings)


def _allergy(value: Json) -> Iterator[str]:
    mistaken = _has(value.get("verificationStatus"), "entered-in-error")
    if mistaken and "clinicalStatus" in value:
        yield "must not have a clinicalStatus when it was entered in error (ait-2)"
    if not mistaken and "clinicalStatus" not in value:
        yield "must have a clinicalStatus (ait-1)"


def _condition(value: Json) -> Iterator[str]:
    if "clinicalStatus" in value and _has(value.get("verificationStatus"), "entered-in-error"):
        yield "must not have a clinicalStatus when it was entered in error (con-5)"
    ended = any(key.startswith("abatement") for key in value)
    if ended and not _has(value.get("clinicalStatus"), "inactive", "resolved", "remission"):
        yield "must be inactive, resolved or in remission when it has an end (con-4)"


def _appointment(value: Json) -> Iterator[str]:
    if ("start" in value) != ("end" in value):
        yield "must have both start and end, or neither (app-2)"
    elif "start" not in value and value.get("status") not in ("proposed", "cancelled", "waitlist"):
        yield "must have start and end unless it is proposed, cancelled or waitlisted (app-3)"
    if "cancelationReason" in value and value.get("status") not in ("noshow", "cancelled"):
        yield "must not have a cancelationReason unless it was cancelled or not kept (app-4)"


def _observation(value: Json) -> Iterator[str]:
    if not any(key.startswith("value") for key in value) or "component" not in value:
        return
    own = _codings(value.get("code"))
    if any(own & _codings(one.get("code")) for one in value["component"]):
        yield "must not have a component with its own code beside a value (obs-7)"


def _codings(concept: Any) -> set[tuple[Any, Any]]:
    codings = concept.get("coding", []) if type(concept) is dict else []
    return {(coding.get("system"), coding.get("code")) for coding in codings if "code" in coding}


def _organization(value: Json) -> Iterator[str]:
    for key, name in (("org-2", "address"), ("org-3", "telecom")):
        if any(one.get("use") == "home" for one in value.get(name, ())):
            yield f"must not have a {name} of use home ({key})"


def _group(value: Json) -> Iterator[str]:
    if "member" in value and value.get("actual") is not True:
        yield "must be actual to have members (grp-1)"


def _list(value: Json) -> Iterator[str]:
    entries = value.get("entry", ())
    if value.get("mode") != "changes" and any("deleted" in entry for entry in entries):
        yield "must be a list of changes to have deleted entries (lst-2)"
    if value.get("mode") != "working" and any("date" in entry for entry in entries):
        yield "must be a working list to have dated entries (lst-3)"


def _task(value: Json) -> Iterator[str]:
    begun, changed = span(value.get("authoredOn")), span(value.get("lastModified"))
    if begun and changed and changed[1] <= begun[0]:
        yield "must not be modified before it was authored (inv-1)"


def _dispense(value: Json) -> Iterator[str]:
    ready, given = span(value.get("whenPrepared")), span(value.get("whenHandedOver"))
    if ready and given and given[1] <= ready[0]:
        yield "must not be handed over before it was prepared (mdd-1)"


def _prediction(value: Json) -> Iterator[str]:
    if value.get("probabilityDecimal", 0) > 100:
        yield "must have a probability of at most 100 (ras-2)"


def _linkage(value: Json) -> Iterator[str]:
    if len(value.get("item", ())) < 2:
        yield "must have two items or more (lnk-1)"


def _coding(value: Json) -> Iterator[str]:
    system = value.get("system", ":")
    if ":" not in system:
        yield f"must have an absolute URI as its system, not {system[:60]!r}"
    elif system.startswith("http://hl7.org/fhir/ValueSet/"):
        yield "must name a code system, not a value set"


def _parameter(value: Json) -> Iterator[str]:
    """Expressions of a search parameter start at one of its bases."""
    bases = value.get("base", [])
    for path in value.get("expression", "").split("|"):
        first = path.strip(" (").split(".", 1)[0]
        if first[:1].isupper() and first not in bases and part(first):
            yield f"must have {first} among its bases, since its expression starts there"


def _collect() -> dict[str, tuple[Rule, ...]]:
    found: dict[str, list[Rule]] = {}
    for line in TABLE.strip().splitlines():
        owner, key, form, *names = line.split()
        found.setdefault(owner, []).append(_listed(owner, key, form, names))
    for owner, rule in _OWN:
        for name in owner.split():
            found.setdefault(name, []).append(rule)
    return {owner: tuple(rules) for owner, rules in found.items()}


_OWN: Final[tuple[tuple[str, Rule], ...]] = (
    ("Period", _period),
    ("Quantity Age Count Distance Duration", _quantity),
    ("Range", _range),
    ("Ratio", _ratio),
    ("Timing.repeat", _repeat),
    ("Coding", _coding),
    ("AllergyIntolerance", _allergy),
    ("Appointment", _appointment),
    ("Bundle", bundles.whole),
    ("Bundle.entry", bundles.entry),
    ("Condition", _condition),
    ("Group", _group),
    ("Linkage", _linkage),
    ("List", _list),
    ("MedicationDispense", _dispense),
    ("Observation", _observation),
    ("Organization", _organization),
    ("Questionnaire", questionnaires.whole),
    ("Questionnaire.item", questionnaires.item),
    ("Questionnaire.item.enableWhen", questionnaires.enable_when),
    ("RiskAssessment.prediction", _prediction),
    ("SearchParameter", _parameter),
    ("Task", _task),
)
INVARIANTS: Final = _collect()
