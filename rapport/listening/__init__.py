"""Understands text: what a message feels, asks and warns of, and how a reply meets it.

Pure Python: no Django, no network, no clock. The same text gives the same answer on every machine.
It is not triage: a finding asks a person to look, and no finding never means that all is well.
"""

from rapport.listening.advice import Advice, Answered, Finding, Jargon, Suggestion
from rapport.listening.coaching import coach
from rapport.listening.heard import Feeling, Heard, RedFlag, Span
from rapport.listening.hearing import listen
from rapport.listening.reader import explain

__all__ = [
    "Advice",
    "Answered",
    "Feeling",
    "Finding",
    "Heard",
    "Jargon",
    "RedFlag",
    "Span",
    "Suggestion",
    "coach",
    "explain",
    "listen",
]
