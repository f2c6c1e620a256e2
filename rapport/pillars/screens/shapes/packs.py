"""An installed form (a FHIR Questionnaire): its questions, their values, its faults. Pure.

Its words are the pack's own, in the languages that it brings (element translations); none of them stand here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rapport.pillars.screens.shapes.codes import CONTENT, Body, Resource, codes_in
from rapport.pillars.screens.shapes.instruments import BY_CODE, Instrument

ORDINAL: Final = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"

#: Words by language; the first language is the form's own.
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be chosen: its code, its words, and what it is worth (None: nothing)."""

    system: str
    code: str
    words: Words
    value: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `item`: the code by which it is scored, "" for one that is not."""

    link: str
    item: str
    words: Words
    options: tuple[Option, ...]

    def option(self, code: str, system: str = "") -> Option | None:
        """The option of a code."""
        return next((one for one in self.options if one.code == code and system in ("", one.system)), None)


@dataclass(frozen=True, slots=True)
class Pack:
    """An installed form: which instrument it is, its words, its questions in order."""

    rid: str
    url: str
    version: str
    instrument: Instrument
    title: Words
    intro: tuple[Words, ...]
    languages: tuple[str, ...]
    copyright: str
    questions: tuple[Question, ...]

    @property
    def canonical(self) -> str:
        """The address of the form, with its version."""
        return f"{self.url}|{self.version}" if self.version else self.url

    def question(self, link: str) -> Question | None:
        """The question of a link id."""
        return next((one for one in self.questions if one.link == link), None)


def read_pack(body: Body) -> Pack | None:
    """The form that a Questionnaire is; None where it is no instrument that is scored here."""
    instrument = _instrument(body)
    if instrument is None:
        return None
    own = str(body.get("language") or "en").partition("-")[0]
    items = tuple(_items(body.get("item")))
    questions = tuple(_question(item, instrument, own) for item in items if item.get("type") == "choice")
    intro = tuple(_words(item, "text", own) for item in items if item.get("type") in ("display", "group"))
    languages = {own: None} | {code: None for one in questions for code in one.words}
    return Pack(
        rid=str(body.get("id", "")),
        url=str(body.get("url", "")),
        version=str(body.get("version", "")),
        instrument=instrument,
        title=_words(body, "title", own),
        intro=tuple(one for one in intro if any(one.values())),
        languages=tuple(languages),
        copyright=str(body.get("copyright", "")),
        questions=questions,
    )


def _instrument(body: Body) -> Instrument | None:
    return next((found for pair in codes_in(body.get("code")) if (found := BY_CODE.get(pair))), None)


def _items(items: object) -> Iterator[Mapping[str, Any]]:
    """All items, groups before what stands in them."""
    for item in items if isinstance(items, list) else ():
        yield item
        yield from _items(item.get("item"))


def _question(item: Mapping[str, Any], instrument: Instrument, own: str) -> Question:
    codes = [code for _system, code in codes_in(item.get("code"))]
    options = [
        one["valueCoding"] | {"from": one} for one in item.get("answerOption") or () if "valueCoding" in one
    ]
    return Question(
        link=str(item.get("linkId", "")),
        item=next((code for code in codes if code in instrument.items), ""),
        words=_words(item, "text", own),
        options=tuple(
            Option(
                str(one.get("system", "")), str(one.get("code", "")), _words(one, "display", own), _value(one)
            )
            for one in options
        ),
    )


def _value(coding: Mapping[str, Any]) -> int | None:
    """What an option is worth: the ordinal on the option or on its coding."""
    for holder in (coding["from"], coding):
        for extension in holder.get("extension") or ():
            value = extension.get("valueDecimal")
            if extension.get("url") == ORDINAL and isinstance(value, int | float) and value == int(value):
                return int(value)
    return None


def _words(element: Mapping[str, Any], name: str, own: str) -> dict[str, str]:
    """The words of an element in each language that it brings."""
    found = {own: str(element.get(name) or "")}
    for extension in (element.get(f"_{name}") or {}).get("extension") or ():
        if extension.get("url") == TRANSLATION:
            parts = {one.get("url"): one for one in extension.get("extension") or ()}
            language = str((parts.get("lang") or {}).get("valueCode", "")).partition("-")[0]
            content = parts.get("content") or {}
            text = content.get("valueString") or content.get("valueMarkdown") or ""
            if language and text:
                found[language] = str(text)
    return found


def faults(body: Body) -> tuple[str, ...]:
    """Why a Questionnaire cannot be installed as a form that is scored here; nothing where it can."""
    pack = read_pack(body)
    if pack is None:
        return ("Its code is of no instrument that is scored here.",)
    return tuple(_faults(body, pack))


def _faults(body: Body, pack: Pack) -> Iterator[str]:
    if not pack.url or not next(iter(pack.title.values())):
        yield "It has no url, or no title."
    if body.get("status") != "active":
        yield "Its status is not active."
    scored = [one.item for one in pack.questions if one.item]
    for item in pack.instrument.items:
        if scored.count(item) != 1:
            yield f"The item {item} stands in it {scored.count(item)} times, not once."
    kinds = {str(item.get("type")) for item in _items(body.get("item"))}
    for kind in sorted(kinds - {"choice", "display", "group"}):
        yield f"An item is of the type {kind}; only choice, display and group are asked here."
    for one in pack.questions:
        values = [option.value for option in one.options]
        if len(values) < 2 or len({option.code for option in one.options}) < len(values):
            yield f"The item {one.link} has not two options at least, each with a code of its own."
        elif one.item and any(value is None or not 0 <= value <= pack.instrument.most for value in values):
            yield f"An option of the item {one.link} is not worth 0 to {pack.instrument.most} (ordinalValue)."


def installed(body: Body, rid: str, version: str) -> Resource:
    """The Questionnaire as the record keeps it: under an id of ours, marked with its pack."""
    meta = {"tag": [{"system": CONTENT, "version": version, "code": "screen"}]}
    return {**body, "id": rid, "meta": meta}


def is_installed(body: Body) -> bool:
    """Whether a resource is a form that was installed as content."""
    tags = codes_in((body.get("meta") or {}).get("tag"))
    return body.get("resourceType") == "Questionnaire" and (CONTENT, "screen") in tags
