"""Transaction and batch at the base."""

from __future__ import annotations

from .http import Answer
from .visit import Visit


def process(visit: Visit) -> Answer:
    """POST [base]"""
    visit.request.check_content()
    return Answer(200, visit.door.bundle(visit.request.body))
