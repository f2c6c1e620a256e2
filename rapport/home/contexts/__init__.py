"""One frozen dataclass per template of home: its fields are the template's variables."""

from rapport.home.contexts.asking import AskLookPage
from rapport.home.contexts.day import DayPage, Waiting
from rapport.home.contexts.inbox import InboxPage, InboxRow, inbox_rows
from rapport.home.contexts.people import (
    AllPage,
    ContactLine,
    FoundPerson,
    PeoplePage,
    PersonPage,
    contact_lines,
)

__all__ = [
    "AllPage",
    "AskLookPage",
    "ContactLine",
    "DayPage",
    "FoundPerson",
    "InboxPage",
    "InboxRow",
    "PeoplePage",
    "PersonPage",
    "Waiting",
    "contact_lines",
    "inbox_rows",
]
