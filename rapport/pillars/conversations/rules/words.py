"""The rules of the heard loop in plain words: what a refused write is told, and what to do instead."""

from __future__ import annotations

from rapport.fhir.outcomes import Refused

#: Name of a rule -> (what it says, what to do instead).
RULES: dict[str, tuple[str, str]] = {
    "no-delete": (
        "What was said, asked and promised is never deleted.",
        "Withdraw a message, or close a question with a reason.",
    ),
    "one-kind": (
        "A conversation, message, note, question or promise stays what it is.",
        "Make a new one instead.",
    ),
    "shape": ("This {kind} is not whole: {what}.", "Put that right and send it again."),
    "as-written": (
        "The words, the person and the place of a {kind} stay as they were written ({what}).",
        "Write a new one, or correct your own message.",
    ),
    "heard": (
        "A question is heard only when the person says so: the patient, the asker, a legal representative.",
        "Ask them, or close it with a reason.",
    ),
    "answered-first": (
        "A question can be heard only after it was answered.",
        "Answer it first.",
    ),
    "reason": (
        "A question is closed only with a recorded reason.",
        "Give one of the reasons, and say it in words.",
    ),
    "reason-unknown": ("“{reason}” is not a reason for closing that we know.", "Use one of: {known}."),
    "no-reply": (
        "A question is closed for no reply only after {reminders} reminders and {days} days.",
        "Wait, or reach the person in another way.",
    ),
    "own-question": (
        "Only who asked it, the patient or a legal representative can take a question back.",
        "Close it with another reason.",
    ),
    "urgent-stays": (
        "An urgent question is not taken back: a person looks at it first.",
        "Someone on the team closes it after speaking with the person.",
    ),
    "staff-only": ("Only someone who works here can do this.", "Write a message instead."),
    "own-name": (
        "One takes a question in one's own name only.",
        "Hand it over to someone else, and say why.",
    ),
    "position": (
        "A question is in the hands of someone who works here now, or of a team.",
        "Choose another person or team.",
    ),
    "file": (
        "A file in a conversation is a picture or a PDF of at most {size} MB, and stays as it was sent.",
        "Send it as PNG, JPEG, GIF, WebP or PDF.",
    ),
    "why": ("This needs a reason in words.", "Say why in a sentence."),
    "clock": (
        "The clock of a question is set by the clinic's hours, and no open question is without one.",
        "Leave restriction.period.end as it is, or leave it out when you raise a new question.",
    ),
    "one-step": (
        "A question takes one step at a time, and this is not one of its steps ({what}).",
        "Read it again and choose a step that is open to it.",
    ),
    "happenings": (
        "What happened with a question is written down once, by who did it, when it happened.",
        "Add only your own step, with the time of now.",
    ),
    "answer-letter": (
        "An answer is a message from the team that names the questions it answers.",
        "Write the message with `about` naming the question.",
    ),
    "same-conversation": (
        "A {kind} belongs to one conversation, and both are about the same person.",
        "Name the conversation of that person.",
    ),
    "asked-in-letter": (
        "A question is asked by who wrote the letter it is in.",
        "Name the writer of the letter as who asked.",
    ),
    "parts": (
        "A question is split into at least two parts, by the team, before it is answered; the parts keep its "
        "owner and its clock.",
        "Make the parts first, then close the whole as split.",
    ),
    "merge": (
        "Questions are put together only with an open one of the same person in the same conversation.",
        "Choose the question to keep.",
    ),
    "open-questions": (
        "A conversation is done only when no question in it is open.",
        "Answer, or close with a reason, what is open.",
    ),
    "recipients": (
        "A conversation is addressed to teams and people who work here, at least one; only they add "
        "more, and the patient may add someone of the circle.",
        "Hand it over inside the conversation.",
    ),
    "own-voice": (
        "A message is signed by who writes it. Words from the phone or a visit are marked so, with who "
        "wrote them down.",
        "Sign as yourself, or mark the medium and yourself in `note`.",
    ),
    "names": (
        "People and teams go by the names that are kept here, and “{name}” is not one of theirs.",
        "Leave the display of the reference out.",
    ),
    "now": (
        "Nothing is written in the future, and a question is raised now.",
        "Send it with the present time.",
    ),
    "writer-only": ("Only its writer corrects or withdraws a message.", "Write a new message."),
    "correction": (
        "A correction changes the words and nothing else; a withdrawn message stays withdrawn.",
        "Change only the text, or withdraw it.",
    ),
    "label": (
        "A staff note always carries the label that keeps it among staff; nothing else does.",
        "Write to the person as a message, to the team as a note.",
    ),
    "promise-own": (
        "One makes promises in one's own name; the team may write down what the patient promises.",
        "Ask the person to promise it themselves.",
    ),
    "promise-end": (
        "A promise is kept or not kept, said by who made it or by the team, and then stays so.",
        "Make a new promise.",
    ),
    "import": (
        "An import brings history in, changes nothing that is here, and lets no open clock run longer.",
        "Leave out what is here already.",
    ),
}


class Filled(str):
    """A sentence with its gaps filled, that remembers both: a page can say it in the reader's language."""

    pattern: str
    fill: dict[str, object]

    @classmethod
    def of(cls, pattern: str, fill: dict[str, object]) -> Filled:
        """`pattern` with its gaps filled."""
        text = cls(pattern.format(**fill))
        text.pattern, text.fill = pattern, fill
        return text


def broken(rule: str, **fill: object) -> Refused:
    """The refusal that names a rule in plain words and says what to do instead."""
    text, instead = RULES[rule]
    return Refused("rule", Filled.of(text, fill), Filled.of(instead, fill))
