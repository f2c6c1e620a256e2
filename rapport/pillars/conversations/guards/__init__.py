"""The heard loop at the door: what every writer may do with conversations, and what follows.

A page, the API, a bundle and an import all pass here. `judging` refuses what the rules do not allow;
`following` completes what an API writer left out and brings about the rest as Rapport itself: clocks,
answers, the state of the conversation, notices, live topics.
"""

from __future__ import annotations

from typing import Any

from rapport.gate import guards
from rapport.pillars.conversations.guards import following, judging
from rapport.pillars.conversations.shapes.codes import kind_of, ref_of

_OURS, _FILES = frozenset({"Communication", "Task"}), frozenset({"Binary"})


def register() -> None:
    """Put the guards at the door; called once at start-up."""
    guards.register(guards.Guard("conversations", _ours, judging.judge, following.follow, _OURS))
    guards.register(guards.Guard("conversation files", _file, judging.judge_file, types=_FILES))


def _ours(body: dict[str, Any]) -> bool:
    return body.get("resourceType") in _OURS and bool(kind_of(body))


def _file(body: dict[str, Any]) -> bool:
    return body.get("resourceType") == "Binary" and ref_of(body.get("securityContext")).startswith(
        "Communication/"
    )
