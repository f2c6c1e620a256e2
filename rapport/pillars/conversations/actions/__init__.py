"""What people do in conversations. One verb is one transaction through the door, keyword-only.

`once` is the token of the form (any text that is new for each form shown): doing a verb twice with
the same token does it once. What a rule does not allow is Refused("rule") in plain words.
"""

from rapport.pillars.conversations.actions.alerts import see_to_alert, take_alert, tell_reading
from rapport.pillars.conversations.actions.answering import (
    answer,
    close_with_reason,
    confirm,
    not_yet,
    take_question_back,
)
from rapport.pillars.conversations.actions.doing import Sent
from rapport.pillars.conversations.actions.drafting import draft_answer
from rapport.pillars.conversations.actions.files import Upload
from rapport.pillars.conversations.actions.inbox import (
    assign,
    hand_over,
    mark_urgent,
    merge,
    settle_undelivered,
    split,
    take,
    take_back,
)
from rapport.pillars.conversations.actions.promises import break_promise, keep_promise, promise
from rapport.pillars.conversations.actions.writing import (
    correct,
    mark_concern,
    mark_opened,
    note,
    record_contact,
    start,
    start_for,
    withdraw,
    write_more,
)

__all__ = [
    "Sent",
    "Upload",
    "answer",
    "assign",
    "break_promise",
    "close_with_reason",
    "confirm",
    "correct",
    "draft_answer",
    "hand_over",
    "keep_promise",
    "mark_concern",
    "mark_opened",
    "mark_urgent",
    "merge",
    "not_yet",
    "note",
    "promise",
    "record_contact",
    "see_to_alert",
    "settle_undelivered",
    "split",
    "start",
    "start_for",
    "take",
    "take_alert",
    "take_back",
    "take_question_back",
    "tell_reading",
    "withdraw",
    "write_more",
]
