"""The invariants of R4 that everyday resources meet, as quick functions: simple ones as a table.

The others run as FHIRPath (see `constraints`); a test holds these here against their FHIRPath too. dom-3 is
left out: a contained resource that nothing points to does no harm.
`INVARIANTS[part]` are functions that are given an object of valid structure and yield what is wrong, as the
end of a sentence that begins with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from rapport.fhir import bundles, clinical, questionnaires
from rapport.fhir.table import CONSTRAINTS, part

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
    groups = [frozenset(_keys(owner, name)) for name in names]

    def rule(value: Json) -> Iterator[str]:
        there = [not group.isdisjoint(value) for group in groups]
        count = sum(there)
        if form == "needs":
            if there[0] and count == 1:
                yield f"must have {' or '.join(names[1:])} with {names[0]} ({key})"
        elif count == 0 and form != "most":
            yield f"must have {' or '.join(names)} ({key})"
        elif count > 1 and form != "any":
            yield f"must not have more than one of {', '.join(names)} ({key})"

    return rule


def _period(value: Json) -> Iterator[str]:
    if not clinical.ordered(value.get("start", ""), value.get("end", "")):
        yield "must not end before it starts, or be too vague to tell (per-1)"


def _quantity(value: Json) -> Iterator[str]:
    if "code" in value and "system" not in value:
        yield "must have a system with its code (qty-3)"


def _ratio(value: Json) -> Iterator[str]:
    there = ("numerator" in value) + ("denominator" in value)
    if there == 1 or (not there and "extension" not in value):
        yield "must have both numerator and denominator (rat-1)"


def _repeat(value: Json) -> Iterator[str]:
    for key, name in (("tim-4", "duration"), ("tim-5", "period")):
        if value.get(name, 0) < 0:
            yield f"must not have a negative {name} ({key})"


def _coding(value: Json) -> Iterator[str]:
    system = value.get("system", ":")
    if ":" not in system:
        yield f"must have an absolute URI as its system, not {system[:60]!r}"
    elif system.startswith("http://hl7.org/fhir/ValueSet/"):
        yield "must name a code system, not a value set"


def _attachment(value: Json) -> Iterator[str]:
    data, size = value.get("data"), value.get("size")
    if data is None or size is None:
        return
    packed = "".join(data.split())
    length = len(packed) * 3 // 4 - packed.count("=", -2)
    if size != length:
        yield f"must have the size of its data, {length} bytes"


def _code_system(value: Json) -> Iterator[str]:
    seen: set[str] = set()
    left = list(value.get("concept", ()))
    while left:
        one = left.pop()
        left += one.get("concept", ())
        code = one.get("code", "")
        if code in seen:
            yield f"must not define the code {code[:60]!r} twice (csd-1)"
        seen.add(code)


def _parameter(value: Json) -> Iterator[str]:
    """Expressions of a search parameter start at one of its bases; a composite has parts."""
    if value.get("type") == "composite" and len(value.get("component", ())) < 2:
        yield "must have two components or more, being a composite"
    bases = value.get("base", [])
    for path in value.get("expression", "").split("|"):
        first = path.strip(" (").split(".", 1)[0]
        if first[:1].isupper() and first not in bases and part(first):
            yield f"must have {first} among its bases, since its expression starts there"


def _simple(owner: str, name: str) -> Rule:
    """A simple quantity has no comparator."""
    keys = tuple(key for key in _keys(owner, name) if key in (name, name + "Quantity"))

    def rule(value: Json) -> Iterator[str]:
        for key in keys:
            found = value.get(key, ())
            if any("comparator" in one for one in (found if type(found) is list else (found,))):
                yield f"must have no comparator in {name} (sqty-1)"

    return rule


def _collect() -> tuple[dict[str, tuple[Rule, ...]], dict[str, frozenset[str]]]:
    """The functions by part, and the keys of the invariants that they stand for."""
    found: dict[str, list[Rule]] = {}
    done: dict[str, set[str]] = {}
    for line in TABLE.strip().splitlines():
        owner, key, form, *names = line.split()
        found.setdefault(owner, []).append(_listed(owner, key, form, names))
        done.setdefault(owner, set()).add(key)
    for owners, keys, rule in _OWN:
        for owner in owners.split():
            found.setdefault(owner, []).append(rule)
            done.setdefault(owner, set()).update(keys.split())
    for owner, rows in CONSTRAINTS.items():
        simple = [name for name, key, *_ in rows if key == "sqty-1"]
        found.setdefault(owner, []).extend(_simple(owner, name) for name in simple)
        done.setdefault(owner, set()).add("sqty-1")
    rules = {owner: tuple(some) for owner, some in found.items() if some}
    return rules, {owner: frozenset(keys) for owner, keys in done.items()}


#: Parts, the keys of the invariants that a function stands for (none for rules of our own), the function.
_OWN: Final[tuple[tuple[str, str, Rule], ...]] = (
    ("Period", "per-1", _period),
    ("Quantity Age Count Distance Duration", "qty-3", _quantity),
    ("Ratio", "rat-1", _ratio),
    ("Timing.repeat", "tim-4 tim-5", _repeat),
    ("Attachment", "", _attachment),
    ("Coding", "", _coding),
    ("CodeSystem", "csd-1", _code_system),
    ("AllergyIntolerance", "ait-1 ait-2", clinical.allergy),
    ("Appointment", "app-2 app-3 app-4", clinical.appointment),
    ("Bundle", "bdl-1 bdl-2 bdl-3 bdl-4 bdl-7 bdl-9 bdl-10 bdl-11 bdl-12", bundles.whole),
    ("Bundle.entry", "bdl-8", bundles.entry),
    ("Condition", "con-4 con-5", clinical.condition),
    ("Group", "grp-1", clinical.group),
    ("Linkage", "lnk-1", clinical.linkage),
    ("List", "lst-2 lst-3", clinical.list_),
    ("MedicationDispense", "mdd-1", clinical.dispense),
    ("Observation", "obs-7", clinical.observation),
    ("Organization", "org-2 org-3", clinical.organization),
    ("Questionnaire", "que-2", questionnaires.whole),
    ("Questionnaire.item", "que-1 que-3 que-6 que-8 que-9 que-12 que-13", questionnaires.item),
    ("Questionnaire.item.enableWhen", "que-7", questionnaires.enable_when),
    ("RiskAssessment.prediction", "ras-2", clinical.prediction),
    ("SearchParameter", "", _parameter),
    ("Task", "inv-1", clinical.task),
)
INVARIANTS, HANDLED = _collect()
