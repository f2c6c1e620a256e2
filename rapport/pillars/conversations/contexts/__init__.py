"""One frozen dataclass per template of conversations: its fields are the template's variables."""

from rapport.pillars.conversations.contexts.talking import (
    Ask,
    LetterLine,
    QuestionLine,
    StaffTalkPage,
    TalkPage,
    asks,
    letter_lines,
    question_lines,
)
from rapport.pillars.conversations.contexts.writing import (
    RecordPage,
    StartPage,
    TopicLine,
    Trouble,
    WritePage,
    topic_lines,
)

__all__ = [
    "Ask",
    "LetterLine",
    "QuestionLine",
    "RecordPage",
    "StaffTalkPage",
    "StartPage",
    "TalkPage",
    "TopicLine",
    "Trouble",
    "WritePage",
    "asks",
    "letter_lines",
    "question_lines",
    "topic_lines",
]
