"""A danger that one pillar learns of and another passes on: the alarm, who is on call, the help at once.

Who passes alarms on says so at start-up (`connect`); until then nobody is on call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rapport.gate.door import Door


@dataclass(frozen=True, slots=True)
class Alarm:
    """An answer that must not wait. It holds no words of the person.

    about     what it is about (`QuestionnaireResponse/…`); one alarm for each
    team      `Organization/…`, in whose hands it is first
    title     what the conversation is called in which who is asked can write to the person
    rule, edition, why   what found it, as the alert keeps it
    """

    patient: str
    about: str
    team: str
    title: str
    rule: str
    edition: str
    why: str


@dataclass(frozen=True, slots=True)
class Help:
    """Help for who just wrote or answered of danger (`people/_help_now.html`).

    kind      `self_harm`, `emergency`, `abuse`, `urgent`
    language  of their words
    sent      it was sent; before that nothing is said of who reads it
    on_call   who is on call and is told now; "" for nobody: then nothing is promised
    others    who of the circle reads it, too
    answer    it was an answer to a question of ours, and no message
    talk      id of the conversation with who is on call; "" for none
    """

    kind: str
    language: str
    sent: bool = False
    on_call: str = ""
    others: str = ""
    answer: bool = False
    talk: str = ""


@dataclass(frozen=True, slots=True)
class _Bell:
    sound: Callable[[Door, Alarm], None]
    on_call: Callable[[Door], str]
    talk: Callable[[Door, str], str]


_bells: list[_Bell] = []


def connect(
    sound: Callable[[Door, Alarm], None],
    on_call: Callable[[Door], str],
    talk: Callable[[Door, str], str],
) -> None:
    """Say how alarms are passed on, who is on call now, and in which conversation one is talked about."""
    _bells[:] = [_Bell(sound, on_call, talk)]


def sound(door: Door, alarm: Alarm) -> None:
    """Pass an alarm on, in the transaction of what it is about. Twice is as once."""
    for bell in _bells:
        bell.sound(door, alarm)


def on_call(door: Door) -> str:
    """Who is on call now, by name and role; "" for nobody."""
    return next((bell.on_call(door) for bell in _bells), "")


def talk(door: Door, about: str) -> str:
    """The id of the conversation about an alarm; "" where there is none that may be read."""
    return next((bell.talk(door, about) for bell in _bells), "")
