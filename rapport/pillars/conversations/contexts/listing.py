"""Contexts of the list of conversations and of search in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rapport.pillars.conversations.contexts import addresses, said
from rapport.pillars.conversations.contexts.said import Said
from rapport.pillars.conversations.reading import ConversationLine, Finds


@dataclass(frozen=True, slots=True)
class TalkLine:
    """One conversation in the list, its address, how it stands; `last` is who wrote last, and when."""

    line: ConversationLine
    href: str
    said: Said
    last: str


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """`messages.html`: one's conversations, newest first, or what was found in them.

    staff   lists are of all that they may read, with the patient named
    may_write  who reads may begin a conversation here
    more    cursor of the next page, "" at the end
    """

    lines: tuple[TalkLine, ...]
    more: str
    query: str
    finds: Finds | None
    staff: bool
    may_write: bool
    unsent: bool
    live: str
    live_state: str


def talk_lines(lines: Iterable[ConversationLine], *, staff: bool) -> tuple[TalkLine, ...]:
    """Conversations as lines."""
    return tuple(
        TalkLine(line, addresses.talk(line.rid), _stands(line, staff), _last(line)) for line in lines
    )


def _last(line: ConversationLine) -> str:
    who = _("You wrote") if line.last_by.you else _("%(name)s wrote") % {"name": said.called(line.last_by)}
    return _("%(who)s %(time)s") % {"who": who, "time": said.when(line.last_at)}


def _stands(line: ConversationLine, staff: bool) -> Said:
    if line.waiting and not staff:
        return Said("waiting", _("Waiting for you."), _("Does this answer it?"))
    if line.waiting and line.waiting == line.open:
        return Said("answered", _("Waiting for %(name)s") % {"name": said.called(line.patient)})
    if line.open:
        words = ngettext("%(n)s question is open", "%(n)s questions are open", line.open) % {"n": line.open}
        return Said("accepted", words)
    return Said("heard" if not line.unread else "mail", _("Nothing is open"))
