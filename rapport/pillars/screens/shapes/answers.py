"""Answers to a form, as a FHIR QuestionnaireResponse: a draft, then complete. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.pillars.screens.shapes.codes import (
    ABSENT,
    LABEL,
    Body,
    Resource,
    instant,
    moment,
    ref_of,
    reference,
    refs_of,
)
from rapport.pillars.screens.shapes.packs import Pack, Question

#: State of answers -> QuestionnaireResponse.status. `over`: the time passed and it was not finished.
STATES = {"open": "in-progress", "done": "completed", "over": "stopped", "mistake": "entered-in-error"}


@dataclass(frozen=True, slots=True)
class Answers:
    """The facts of a response.

    form      address of the form, without its version
    given     link id → (system, code) of the answer
    withheld  link ids of questions that were not asked, because nobody was on call
    """

    rid: str
    form: str
    patient: str
    author: str
    order: str
    state: str
    at: datetime | None
    given: Mapping[str, tuple[str, str]]
    withheld: frozenset[str]

    @property
    def ref(self) -> str:
        """`QuestionnaireResponse/id`."""
        return f"QuestionnaireResponse/{self.rid}"


def draft(rid: str, pack: Pack, *, subject: tuple[str, str], order: str, at: datetime) -> Resource:
    """A form that waits for somebody: nothing is answered yet. `subject` as (reference, name)."""
    found: Resource = {
        "resourceType": "QuestionnaireResponse",
        "id": rid,
        "meta": {"security": [LABEL]},
        "questionnaire": pack.canonical,
        "status": STATES["open"],
        "subject": reference(*subject),
        "source": reference(*subject),
        "author": reference(*subject),
        "authored": instant(at),
    }
    return {**found, "basedOn": [reference(order)]} if order else found


def answered(body: Body, pack: Pack, chosen: Mapping[str, str], at: datetime) -> Resource:
    """The response with these answers (link id → code of an option) put in place; others stay."""
    items = {item["linkId"]: item for item in body.get("item") or ()}
    for link, code in chosen.items():
        question = pack.question(link)
        option = question.option(code) if question else None
        if question is None or option is None:
            raise KeyError(link)
        coding = {"system": option.system, "code": option.code, "display": next(iter(option.words.values()))}
        items[link] = {"linkId": link, "answer": [{"valueCoding": {k: v for k, v in coding.items() if v}}]}
    return {**body, "authored": instant(at), "item": _in_order(items, pack)}


def finished(body: Body, pack: Pack, withheld: Collection[str], at: datetime) -> Resource:
    """The response, complete; `withheld` questions are marked as not asked."""
    items = {item["linkId"]: item for item in body.get("item") or ()}
    for link in withheld:
        items[link] = {"linkId": link, "extension": [{"url": ABSENT, "valueCode": "not-asked"}]}
    whole = {**body, "status": STATES["done"], "authored": instant(at)}
    return {**whole, "item": _in_order(items, pack)} if items else whole


def over(body: Body) -> Resource:
    """The response that was never finished: its time is over."""
    return {**body, "status": STATES["over"]}


def _in_order(items: Mapping[str, Resource], pack: Pack) -> list[Resource]:
    return [items[one.link] for one in pack.questions if one.link in items]


def is_answers(body: Body) -> bool:
    """Whether a resource answers a form."""
    return body.get("resourceType") == "QuestionnaireResponse" and bool(body.get("questionnaire"))


def read_answers(body: Body) -> Answers:
    """The facts of a response; answers in groups count as those that stand alone."""
    states = {status: state for state, status in STATES.items()}
    items = list(_items(body.get("item")))
    return Answers(
        rid=str(body.get("id", "")),
        form=str(body.get("questionnaire", "")).partition("|")[0],
        patient=ref_of(body.get("subject")),
        author=ref_of(body.get("author")),
        order=next(iter(refs_of(body.get("basedOn"))), ""),
        state=states.get(str(body.get("status")), ""),
        at=moment(body.get("authored")),
        given={
            link: coding for item in items if (coding := _coding(item)) for link in [str(item.get("linkId"))]
        },
        withheld=frozenset(str(item.get("linkId")) for item in items if _not_asked(item)),
    )


def _items(items: object) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for item in items if isinstance(items, list) else ():
        found += [item, *_items(item.get("item"))]
    return found


def _coding(item: Mapping[str, Any]) -> tuple[str, str] | None:
    answers = item.get("answer") or ()
    coding = answers[0].get("valueCoding") if isinstance(answers, list) and len(answers) == 1 else None
    return (str(coding.get("system", "")), str(coding.get("code", ""))) if coding else None


def _not_asked(item: Mapping[str, Any]) -> bool:
    return not item.get("answer") and any(one.get("url") == ABSENT for one in item.get("extension") or ())


def values(pack: Pack, given: Answers) -> dict[str, int]:
    """What the answers are worth, by item code; the values are the form's, whatever a response says."""
    found: dict[str, int] = {}
    for one in pack.questions:
        value = value_of(one, given)
        if one.item and value is not None:
            found[one.item] = value
    return found


def value_of(question: Question, given: Answers) -> int | None:
    """What the answer to one question is worth; None for no answer."""
    coding = given.given.get(question.link)
    option = question.option(coding[1], coding[0]) if coding else None
    return option.value if option else None
