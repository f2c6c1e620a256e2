"""One frozen dataclass per template of the circle: its fields are the template's variables."""

from rapport.pillars.circle.contexts.looking import LookedPage, LookLine, days_of, look_line
from rapport.pillars.circle.contexts.sharing import (
    CirclePage,
    EndPage,
    PrivatePage,
    SharedPage,
    SharePage,
    member_lines,
    parts_shown,
    share_page,
)

__all__ = [
    "CirclePage",
    "EndPage",
    "LookLine",
    "LookedPage",
    "PrivatePage",
    "SharePage",
    "SharedPage",
    "days_of",
    "look_line",
    "member_lines",
    "parts_shown",
    "share_page",
]
