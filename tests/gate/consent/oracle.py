"""A second reading of Consents, made to be checked by eye. It shares no code with the compiler.

It answers one question at a time: may this person do this to this resource, for this purpose, at this moment?
No tables, no boxes: it walks the provisions and asks of each whether it speaks of the question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

TERMS = "http://terminology.hl7.org/CodeSystem/"
OF_CATEGORY = {
    "identity": {"Patient"},
    "conversations": {"Communication", "Task", "Binary"},
    "appointments": {"Appointment", "AppointmentResponse"},
    "plan": {"CarePlan", "Goal"},
    "what-matters": {"QuestionnaireResponse"},
    "decisions": {"RequestGroup"},
    "learning": set[str](),
    "practical-help": set[str](),  # these three have marks and no types: see test_marks
    "updates": set[str](),
    "meetings": set[str](),
}
NOT_HEALTH_RECORD = set[str]().union(*OF_CATEGORY.values()) | {"RelatedPerson", "Consent", "AuditEvent"}
LETTERS = {"access": "rs", "use": "rs", "disclose": "rs", "collect": "c", "correct": "ud"}
PURPOSES = {"TREAT", "PATRQT", "FAMRQT", "ETREAT", "HOPERAT", "HSYSADMIN"}
RELATIONS = {"PRCP", "IRCP", "SON", "NOK"}
BY_LAW = {"PRN": "parent", "GUARD": "guardian", "HPOWATT": "agent"}
SENSITIVE = {"PSY", "HIV", "SEX", "SUD", "VIO"}
#: What a parent sees of a young person, in countries that say nothing of their own.
NARROWED = {"Patient", "AllergyIntolerance", "Immunization"}


@dataclass(frozen=True)
class Question:
    """Who (all they go by), does what (r, c, u or d), what for, when."""

    who: frozenset[str]
    action: str
    purpose: str
    at: datetime


@dataclass(frozen=True)
class Thing:
    """A resource: what it is, its sensitivity labels, its clinical time, what it refers to."""

    rtype: str
    ref: str
    labels: frozenset[str] = frozenset()
    when: datetime | None = None
    refers: frozenset[str] = frozenset()


@dataclass
class Reader:
    """Reads the Consents of one patient. Ages: when a parent's view narrows, when it ends."""

    zone: ZoneInfo
    born: str = ""
    ages: tuple[int, int] = (12, 18)
    consent: dict[str, Any] = field(default_factory=dict)

    def verdict(self, consent: Any, asked: Question, thing: Thing) -> str:
        """permit, deny, or "" when the Consent does not speak of it."""
        self.consent = consent
        if consent.get("status") in ("draft", "proposed", "rejected", "inactive", "entered-in-error"):
            return ""
        scope, about = codes(consent.get("scope")), codes(consent.get("category"))
        if scope and all(code in ("adr", "research", "treatment") for code in scope):
            return ""
        if about and all(code in ("npp", "dnr") for code in about):
            return ""
        policy = codes(consent.get("policyRule"))
        sound = consent.get("status") == "active" and "patient-privacy" in scope and "59284-0" in about
        usual = "" if "OPTIN" in policy else "deny"
        if "provision" not in consent:
            return usual
        return self.walk(consent["provision"], usual, asked, thing, [], bool(sound and policy))

    def walk(
        self, node: Any, usual: str, asked: Question, thing: Thing, above: list[Any], sound: bool
    ) -> str:
        """What a provision says, given those above it. `sound`: what it opens may be believed."""
        if not isinstance(node, dict) or not node:
            return "deny" if self.speaks(above, asked, thing, closing=True) else ""
        kind = usual if "type" not in node else "permit" if node["type"] == "permit" else "deny"
        path = [*above, node]
        nested = node.get("provision", [])
        if "provision" in node and (not isinstance(nested, list) or nested == []):
            nested = [None]
        said = {self.walk(child, "deny", asked, thing, path, sound) for child in nested}
        if "deny" in said:
            return "deny"
        if "permit" in said:
            return "permit"
        if kind == "deny":
            return "deny" if self.speaks(path, asked, thing, closing=True) else ""
        if kind == "permit" and sound and self.speaks(path, asked, thing, closing=False):
            return "permit" if self.uncovers(node, thing) and self.lawful(path, asked, thing) else ""
        return ""

    # ------------------------------------------------------------ does a chain of provisions speak of it?

    def speaks(self, path: list[Any], asked: Question, thing: Thing, *, closing: bool) -> bool:
        """Whether all provisions of a chain are about the question.

        What can't be read: when opening, it is not; when closing, that part does not matter.
        """
        naming = [node for node in path if "data" in node]
        if closing:
            naming = [node for node in naming if all(named(one) for one in listed(node["data"]) or [None])][
                -1:
            ]
        elif len(naming) > 1:
            return False
        for node in path:
            if node.get("type") == "permit" and not closing and not whole(node):
                return False
            if not closing and set(node) - KNOWN:
                return False
            if not all(self.limit(name, node, asked, thing, closing) for name in LIMITS if name in node):
                return False
        return all(touches(node["data"], thing) for node in naming)

    def limit(self, name: str, node: Any, asked: Question, thing: Thing, closing: bool) -> bool:
        """Whether one element of a provision fits the question."""
        value = node[name]
        if name in ("period", "dataPeriod"):
            if not dated(value):
                return closing
            if name == "dataPeriod" and thing.when is None:
                return closing
            moment = asked.at if name == "period" else thing.when
            assert moment is not None
            return self.inside(value, moment)
        if name == "securityLabel":
            if node.get("type") == "permit":
                return True  # of a permit, labels are what it uncovers
            good = [one["code"] for one in listed(value) if known_label(one)]
            if closing and (not listed(value) or len(good) < len(listed(value))):
                return True
            return bool(thing.labels & set(good))
        reads = {"actor": actor, "action": action, "purpose": purpose, "class": kind_of}[name]
        parts = [reads(one) for one in listed(value)]
        if closing and (not parts or None in parts):
            return True
        wanted = {
            "actor": asked.who,
            "action": {asked.action},
            "purpose": {asked.purpose},
            "class": {thing.rtype},
        }
        return any(part is not None and part(wanted[name]) for part in parts)

    def uncovers(self, node: Any, thing: Thing) -> bool:
        """Whether a permit opens all labels that the thing carries."""
        opened = {one["code"] for one in listed(node.get("securityLabel")) if known_label(one)}
        return thing.labels <= opened

    def inside(self, period: Any, moment: datetime) -> bool:
        """Whether a moment lies in a period; days are those of the site."""
        here = moment.astimezone(self.zone).strftime("%Y-%m-%d")
        start, end = period.get("start"), period.get("end")
        if start and (moment < datetime.fromisoformat(start) if "T" in start else here[: len(start)] < start):
            return False
        return not end or (moment < datetime.fromisoformat(end) if "T" in end else here[: len(end)] <= end)

    # ------------------------------------------------------------ by law

    def lawful(self, path: list[Any], asked: Question, thing: Thing) -> bool:
        """Whether a permit that claims legal authority has it."""
        each = [self.claims(node["actor"], asked) for node in path if "actor" in node]
        return any(self.holds(set(claims) - {""}, path, asked, thing) for claims in product(*each))

    def claims(self, actors: Any, asked: Question) -> set[str]:
        """By what authority who asks is named in a list ("" for none but the patient's wish)."""
        found = set()
        for one in listed(actors):
            fits = actor(one)
            if fits is not None and fits(asked.who):
                found |= {BY_LAW.get(role, "") for role in codes(part(one, "role"))}
        return found

    def holds(self, claims: set[str], path: list[Any], asked: Question, thing: Thing) -> bool:
        """Whether these claims are good."""
        if not claims:
            return True
        if not self.verified():
            return False
        ends = [node["period"]["end"] for node in path if "end" in (node.get("period") or {})]
        if "agent" in claims and not (self.signed() and any(not end.startswith("9999") for end in ends)):
            return False
        return claims == {"agent"} or self.of_age(claims, path, asked, thing)

    def of_age(self, claims: set[str], path: list[Any], asked: Question, thing: Thing) -> bool:
        """A parent's or guardian's authority, by how old the patient is."""
        if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", self.born):
            return False
        born = (
            date.fromisoformat(self.born + "-01-01"[len(self.born) - 10 :])
            if len(self.born) < 10
            else (date.fromisoformat(self.born))
        )
        starts = [node["period"]["start"] for node in path if "start" in (node.get("period") or {})]
        lower, upper = self.ages
        if claims <= {"guardian", "agent"} and starts:
            latest = date.fromisoformat(
                max(start + "-01-01"[len(start) - 10 :] if len(start) < 10 else start for start in starts)
            )
            if age(born, latest) >= upper:
                return True
        years = age(born, asked.at.astimezone(self.zone).date())
        if years < lower:
            return True
        return years < upper and thing.rtype in NARROWED and not thing.labels

    def verified(self) -> bool:
        checks = self.consent.get("verification") or []
        good = [one for one in checks if one.get("verified") is True]
        evidence = self.consent.get("sourceReference") or self.consent.get("sourceAttachment")
        return bool(
            evidence
            and good
            and len(good) == len(checks)
            and any(one.get("verificationDate") for one in good)
        )

    def signed(self) -> bool:
        return any(one["reference"].startswith("Practitioner") for one in self.consent.get("performer", []))


KNOWN = set(
    "id extension type period actor action securityLabel purpose class dataPeriod data provision".split()  # noqa: SIM905
)
LIMITS = ("period", "actor", "action", "securityLabel", "purpose", "class", "dataPeriod")


def age(born: date, today: date) -> int:
    """Years old."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def whole(node: Any) -> bool:
    """A permit must say who, what they may do, what for, and either which kinds or which things."""
    return {"actor", "action", "purpose"} <= set(node) and ("class" in node) + ("data" in node) == 1


def part(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def codes(concept: Any) -> list[str]:
    """The codes of a concept or of several; none of one that can't be read in full."""
    found = []
    for one in concept if isinstance(concept, list) else [concept]:
        each = [part(coding, "code") for coding in listed(part(one, "coding"))]
        systems = [part(coding, "system") for coding in listed(part(one, "coding"))]
        found += each if all(isinstance(text, str) for text in [*each, *systems]) else []
    return found


def coded(value: Any, system: str) -> str:
    return (
        str(value["code"]) if part(value, "system") == system and isinstance(part(value, "code"), str) else ""
    )


def known_label(value: Any) -> bool:
    return coded(value, TERMS + "v3-ActCode") in SENSITIVE


def actor(value: Any) -> Any:
    roles = codes(part(value, "role"))
    ref = part(part(value, "reference"), "reference")
    if (
        not roles
        or not all(role in RELATIONS or role in BY_LAW for role in roles)
        or not isinstance(ref, str)
    ):
        return None
    kinds = ("Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization")
    return (lambda who: ref in who) if re.fullmatch(rf"({'|'.join(kinds)})/[\w.-]+", ref) else None


def action(value: Any) -> Any:
    coding = listed(part(value, "coding"))
    letters = [LETTERS.get(coded(one, TERMS + "consentaction"), "") for one in coding]
    return (lambda asked: any(asked & set(one) for one in letters)) if letters and all(letters) else None


def purpose(value: Any) -> Any:
    code = coded(value, TERMS + "v3-ActReason")
    return (lambda asked: code in asked) if code in PURPOSES else None


def kind_of(value: Any) -> Any:
    rtype = coded(value, "http://hl7.org/fhir/resource-types")
    if rtype:
        return (
            (lambda asked: rtype in asked)
            if re.fullmatch(r"[A-Z]\w+", rtype) and rtype != "Nonsense"
            else None
        )
    category = coded(value, "urn:rapport:category")
    if category == "health-record":
        return lambda asked: not asked & NOT_HEALTH_RECORD
    return (lambda asked: asked & OF_CATEGORY[category]) if category in OF_CATEGORY else None


def named(value: Any) -> bool:
    """Whether an entry of `data` can be read."""
    ref = part(part(value, "reference"), "reference")
    meant = part(value, "meaning") in ("instance", "related", "dependents")
    return meant and isinstance(ref, str) and bool(re.fullmatch(r"[A-Z]\w+/[\w.-]+", ref))


def touches(data: Any, thing: Thing) -> bool:
    """Whether a thing is one of those named, or refers to one that is meant with what is around it."""
    for one in listed(data):
        if named(one):
            ref = one["reference"]["reference"]
            if ref == thing.ref or (one["meaning"] != "instance" and ref in thing.refers):
                return True
    return False


def dated(period: Any) -> bool:
    """Whether a period can be read."""
    if not isinstance(period, dict) or not period or set(period) - {"start", "end"}:
        return False
    return all(moment(text) for text in period.values())


def moment(text: Any) -> bool:
    if not isinstance(text, str) or not re.fullmatch(
        r"\d{4}(-\d\d(-\d\d(T[\d:]{8}(Z|[+-]\d\d:\d\d))?)?)?", text
    ):
        return False
    try:
        datetime.fromisoformat(
            text if "T" in text else text + "-01-01"[len(text) - 10 :] if len(text) < 10 else text
        )
    except ValueError:
        return False
    return True
