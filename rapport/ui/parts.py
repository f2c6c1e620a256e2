"""The parts of a page as plain functions: marks of states and people, entries, letters, rows, choices.

`templatetags.rapport_ui` makes tags of them. Text given to a part is escaped unless it is already safe.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django.forms import BaseForm, BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext

from rapport.ui.markup import each, markup
from rapport.ui.states import FACES, look

Words = str | SafeString


def quoted(text: object) -> SafeString:
    """A person's words in the reader's quotation marks: “…”, « … »."""
    before, after = _marks(get_language() or "")
    return markup('<span dir="auto">{}{}{}</span>', before, text, after)


@lru_cache(maxsize=32)
def _marks(language: str) -> tuple[str, str]:
    """The quotation marks of the language in use."""
    before, _, after = pgettext("quotation marks around somebody's words", "“%s”").partition("%s")
    return before, after


# ---------- marks ----------


@lru_cache(maxsize=256)  # drawn dozens of times a page, always the same
def icon(name: str, size: str = "") -> SafeString:
    """A mark of the sprite, hidden from screen readers: the word beside it is its name. `size`: "s" or ""."""
    return markup(
        '<svg class="rp-i{}" width="24" height="24" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" rp-i--{size}" if size else "",
        static("ui/icons.svg"),
        name,
    )


def _kind(context: Context) -> str:
    return getattr(context.get("actor"), "kind", "")


def state(context: Context, name: str, text: Words, kind: str = "") -> SafeString:
    """A state in a line: shape, word and colour. `kind` is for whom, if not for the reader."""
    shape, colour = look(name, kind or _kind(context))
    return markup('<span class="rp-state {}">{}{}</span>', colour, icon(shape), text)


def mark(context: Context, name: str, kind: str = "") -> SafeString:
    """The mark of a state (or any icon) in the margin of an entry or row."""
    shape, colour = look(name, kind or _kind(context))
    return markup('<div class="rp-entry__mark {}">{}</div>', colour, icon(shape))


def face(name: str, kind: str = "patient") -> SafeString:
    """The round, double or square mark of a person: patient, kin, staff. Their name stands beside it."""
    letters = re.sub(r"^(Dr|Prof|Mr|Mrs|Ms)\.? ", "", str(name)).strip()
    return markup(
        '<span class="rp-face {}" aria-hidden="true">{}</span>',
        FACES.get(kind, ""),
        letters[:1].upper() or "?",
    )


# ---------- parts ----------


def entry(
    context: Context,
    content: SafeString,
    *,
    title: Words = "",
    state: str = "",
    href: str = "",
    level: int = 3,
    when: Words = "",
    face: SafeString | None = None,
    flush: bool = False,
    kind: str = "",
    id: str = "",
) -> SafeString:
    """One thing with a state, in a list; inside, lines of class `rp-entry__line`.

    level  of its heading (3), 0 for a plain paragraph
    when   a time in its own column (inside `rp-dated`)
    face   `{% face … as f %}` instead of a state's mark
    """
    hung = (
        markup('<div class="rp-entry__mark">{}</div>', face) if face else mark(context, state or "ring", kind)
    )
    link = '<a href="{}" dir="auto">{}</a>' if href else '{}<span dir="auto">{}</span>'
    tag = f"h{level}" if level else "p"
    return markup(
        '<li class="rp-entry{}"{}>{}{}<div class="rp-entry__body">{}{}</div></li>',
        " rp-entry--flush" if flush else "",
        _id(id),
        markup('<p class="rp-entry__when">{}</p>', when) if when else "",
        hung,
        markup(f'<{tag} class="rp-entry__title">{link}</{tag}>', href, title) if title else "",
        content,
    )


def letter(
    content: SafeString,
    *,
    name: Words,
    kind: str = "patient",
    role: Words = "",
    when: Words = "",
    initial: str = "",
    team: bool = False,
    id: str = "",
) -> SafeString:
    """One message. Inside: `<div class="rp-letter__text">{{ text|words }}</div>` and its read-by line.

    name     as the head says it ("You"); `initial` is the name its mark is made of, if another
    team     a note for the team alone: shaded, dashed
    """
    head = each("<span>{}</span>", ((part,) for part in (role, when) if part))
    return markup(
        '<article class="rp-letter{}"{}><div class="rp-letter__face">{}</div><div class="rp-letter__body">'
        '<header class="rp-letter__head"><b dir="auto">{}</b>{}</header>{}</div></article>',
        " rp-letter--team" if team else "",
        _id(id),
        face(initial or str(name), kind),
        name,
        head,
        content,
    )


def call(
    content: SafeString,
    *,
    kind: str = "wait",
    label: Words = "",
    icon_name: str = "",
    live: str = "",
    id: str = "",
) -> SafeString:
    """The one thing that waits for you (`wait`), a safety notice (`plain`), `heard`, an emergency (`alarm`).

    live   "alert" or "status" where it appears in answer to what a person did
    """
    shapes = {"wait": ("ask", "is-asked"), "heard": ("tick", "is-heard"), "alarm": ("stop", "is-alarm")}
    shape, colour = shapes.get(kind, ("", ""))
    shape = icon_name or shape
    top = ""
    if label:
        top = markup(
            '<p class="rp-call__label rp-state {}">{}{}</p>', colour, icon(shape) if shape else "", label
        )
    return markup(
        '<div class="rp-call{}"{}{}>{}{}</div>',
        "" if kind == "wait" else f" rp-call--{kind}",
        markup(' role="{}"', live) if live else "",
        _id(id),
        top,
        content,
    )


def row(
    context: Context,
    content: SafeString,
    *,
    state: str = "raised",
    name: Words,
    about: Words = "",
    words: Words = "",
    href: str = "",
    due: Words = "",
    note: Words = "",
    new: bool = False,
    id: str = "",
) -> SafeString:
    """A line of the inbox. Inside the block: its one action (a form or link), or nothing.

    name, about   who, and what to know of them: "Bilal Haddad", "for Amina Haddad, 58"
    words         as written; the tag adds the quotation marks. Without any the name is the link
    due, note     the time that counts, and the line under it
    state         late and urgent colour the time too
    """
    quote = quoted(words) if words else ""
    if href and not words:
        name = markup('<a href="{}">{}</a>', href, name)
    tone = {"late": "is-late", "urgent": "is-alarm"}.get(state, "")
    fresh = pgettext("a message nobody on the team has opened", "New") if new else ""
    return markup(
        '<li class="rp-row{}{}"{}>{}<div class="rp-row__body"><div>'
        '<p class="rp-row__name"><b dir="auto">{}</b>{}{}</p>'
        '<p class="rp-row__words">{}</p></div><p class="rp-row__time"><b class="{}">{}</b> {}</p>'
        '<div class="rp-row__end">{}</div></div></li>',
        " rp-row--alarm" if state == "urgent" else "",
        " rp-row--new" if new else "",
        _id(id),
        mark(context, state, "staff"),
        name,
        markup("<span>{}</span>", about) if about else "",
        markup('<span class="rp-new">{}</span>', fresh) if new else "",
        markup('<a href="{}">{}</a>', href, quote) if href and quote else quote,
        tone,
        due,
        note,
        content,
    )


def choice(
    name: str,
    value: object,
    label: Words,
    hint: Words = "",
    *,
    type: str = "radio",
    checked: bool = False,
    required: bool = False,
    more: Words = "",
) -> SafeString:
    """A radio or checkbox whose whole row is the target. `hint` and `more` stand under the label."""
    small = each("<small>{}</small>", ((part,) for part in (hint, more) if part))
    return markup(
        '<label class="rp-choice"><input type="{}" name="{}" value="{}"{}{}><span><b>{}</b>{}</span></label>',
        type,
        name,
        value,
        mark_safe(" checked") if checked else "",
        mark_safe(" required") if required else "",
        label,
        small,
    )


def field(bound: BoundField) -> SafeString:
    """A form's field with its label, hint and what to mend. `{{ form }}` does the same for all fields."""
    return bound.as_field_group()


def errors(form: BaseForm, label: Words = "") -> dict[str, object]:
    """What to mend in a form, with links to its fields; nothing when all is well. `label`: its first line."""
    return {"form": form, "label": label}


def chip(number: int | str, text: str, *, name: str = "concern", checked: bool = True) -> dict[str, object]:
    """A concern as proposed: kept (`keep-N`), changed (`concern-N`) or taken out by the person."""
    return {"number": number, "text": text, "name": name, "checked": checked}


def noteline(content: SafeString, name: str = "info") -> SafeString:
    """A quiet line with a small mark before it: `{% noteline "eye" %}Read by …{% endnoteline %}`."""
    return markup('<p class="rp-noteline">{}<span>{}</span></p>', icon(name, "s"), content)


def empty(content: SafeString, title: Words, *, name: str = "tick", level: int = 2) -> SafeString:
    """Nothing to show: what is true, what comes, and one thing to do (inside the block)."""
    return markup(
        '<section class="rp-empty">{}<h{}>{}</h{}>{}</section>', icon(name), level, title, level, content
    )


def tabs(items: list[dict[str, Any]], label: str) -> SafeString:
    """Filters as links, with counts: items of `href`, `label`, `count` (or None) and `here`."""
    links = (
        (
            item["href"],
            mark_safe(' aria-current="page"') if item.get("here") else "",
            f"{item['label']}, {item['count']}" if item.get("count") is not None else item["label"],
        )
        for item in items
    )
    inside = each('<a href="{}"{}>{}</a>', links)
    return markup('<nav class="rp-tabs" aria-label="{}">{}</nav>', label, inside)


def _id(value: str) -> SafeString | str:
    return markup(' id="{}"', value) if value else ""
