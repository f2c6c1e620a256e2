"""Who a body says it is from. Nobody speaks in another's name, and nothing moves between records.

The patient that a body names is not trusted either: the filter judges the row that came of it.
"""

from __future__ import annotations

from typing import Any

from rapport.fhir.outcomes import Refused

from .actor import Actor

Body = dict[str, Any]

KIND = "urn:rapport:kind"
#: What someone answers for at the whole site, in a PractitionerRole's codes; `people` reads them.
DUTY = "urn:rapport:duty"
#: The form of what matters to a person (`pillars.what_matters`).
MATTERS = "urn:rapport:form:what-matters"
#: Forms that are about a person and may be typed by others for them: what matters to them
#: and how to reach them (`pillars.what_matters`), and how they want to hear results (`pillars.hard_news`).
TYPED = frozenset({MATTERS, "urn:rapport:form:reach", "urn:rapport:form:hard-news"})
#: Forms of pillars that judge their answers themselves; all others are checks (`pillars.screens`).
OWN_FORMS = TYPED | {"urn:rapport:form:after-hard-news"}
#: Where a resource says who it is from.
_FROM = {"Communication": "sender", "Task": "requester", "Goal": "expressedBy"}
_NONE = frozenset[str]()


def kinds(body: Body) -> frozenset[str]:
    """The product codes of a body (`urn:rapport:kind`), from its code and its categories."""
    return _codes(KIND, [body.get("code"), *_list(body.get("category"))])


def _codes(system: str, concepts: list[Any]) -> frozenset[str]:
    found: list[str] = []
    for concept in concepts:  # asked of every write, some times: most have none
        codings = concept.get("coding") if isinstance(concept, dict) else None
        for coding in _list(codings):
            if isinstance(coding, dict) and coding.get("system") == system:
                found += [coding["code"]] if isinstance(coding.get("code"), str) else []
    return frozenset(found) if found else _NONE


def check(actor: Actor, before: Body | None, after: Body) -> None:
    """Refuse a person who speaks as somebody else, or gives a duty that they do not have, and a patient who
    writes what is no conversation."""
    if actor.kind in ("system", "client"):
        return
    rtype = str(after["resourceType"])
    if rtype == "QuestionnaireResponse":
        return _check_answers(actor, before, after)
    sharing = actor.kind == "patient" and rtype == "Consent"  # judged by its own guard
    if actor.kind in ("patient", "kin") and not sharing and not _conversational(rtype, before, after):
        raise Refused(
            "forbidden",
            "Only your own messages, questions, answers and goals can be written here.",
            "Write a message.",
        )
    if rtype == "PractitionerRole" and not _given(before, after) <= actor.duties:
        raise Refused(
            "forbidden",
            "Nobody gives a duty that they do not have themselves.",
            "Ask whoever runs this site.",
        )
    place = _FROM.get(rtype)
    if place is None:
        return
    said = _reference(after.get(place))
    if before is not None:
        if said != _reference(before.get(place)):
            raise Refused(
                "forbidden", f"Who this is from ({place}) cannot be changed.", "Leave it as it was."
            )
    elif not _may_say(actor, said):
        raise Refused(
            "forbidden", f"This is written in somebody else's name ({place}).", "Write as yourself."
        )


def _check_answers(actor: Actor, before: Body | None, after: Body) -> None:
    """Each version of the answers to a form is from who writes it; patients and family change their own.

    What matters to somebody may be typed by others; who it is about may change it all the same.
    """
    if not _may_say(actor, _reference(after.get("author"))):
        raise Refused("forbidden", "This is written in somebody else's name (author).", "Write as yourself.")
    if before is None or actor.kind == "staff" or before.get("questionnaire") in TYPED:
        return
    if _reference(before.get("author")) != actor.ref:
        raise Refused("forbidden", "These answers are somebody else's.", "Write your own.")


def _conversational(rtype: str, before: Body | None, after: Body) -> bool:
    """What patients and family write: product-coded messages, tasks and goals, and the files with them."""
    if rtype == "Binary":
        return before is None
    if rtype == "CarePlan":  # they answer what a plan asks of them; its guard says how
        return before is not None and "plan" in kinds(before) and kinds(before) == kinds(after)
    if rtype not in _FROM:
        return False
    return bool(kinds(after)) and (before is None or kinds(before) == kinds(after))


def _given(before: Body | None, after: Body) -> frozenset[str]:
    """The duties that somebody has by a position as it becomes, and had not by it as it was.

    A position that is in force for other people or at other times than before gives all that it names.
    """
    if after.get("active") is False:
        return frozenset()
    duties = _codes(DUTY, _list(after.get("code")))
    if before is None or any(
        before.get(name) != after.get(name) for name in ("practitioner", "active", "period")
    ):
        return duties
    return duties - _codes(DUTY, _list(before.get("code")))


def _may_say(actor: Actor, said: str) -> bool:
    if actor.kind != "staff":
        return said == actor.ref
    own = ("", actor.ref, *actor.positions, *actor.teams)
    return said in own or said.startswith(("Patient/", "RelatedPerson/"))  # noted down for somebody who rang


def _reference(value: Any) -> str:
    return str(value.get("reference", "")) if isinstance(value, dict) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
