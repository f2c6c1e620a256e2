"""What Django keeps for each task of an event loop is kept for each thread here: threads alone answer.

A page asks hundreds of times for the language and the time zone in use, and asgiref's `Local` takes ten times
as long to say it as Python's own.
"""

from __future__ import annotations

from threading import local
from typing import Any

from django.urls import base as urls
from django.utils import timezone
from django.utils.translation import trans_real

#: Where Django keeps the language, the time zone, the prefix of addresses and their table.
KEPT: tuple[tuple[Any, str], ...] = (
    (trans_real, "_active"),
    (timezone, "_active"),
    (urls, "_prefixes"),
    (urls, "_urlconfs"),
)


def keep_by_thread() -> None:
    """Call it before the first request; nothing that was chosen before lasts."""
    for module, name in KEPT:
        setattr(module, name, local())
