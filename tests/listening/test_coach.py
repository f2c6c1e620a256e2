"""What `coach` sees in a draft reply."""

from __future__ import annotations

from rapport.listening import coach

WORRIED = "I'm really worried about the lump in my neck. Is it cancer? When can I be seen?"
DANGER = (
    "Heavy crushing feeling in my chest since I got up and my arm is numb. Should I take an extra omeprazole?"
)


def test_a_warm_and_whole_reply() -> None:
    advice = coach(
        "I can hear how worried you are, and it makes sense that you wrote. "
        "Most lumps in the neck are not cancer, but I want to look at it. "
        "You can be seen on Monday at 10. What has worried you most? Ring me if it grows.",
        WORRIED,
    )
    assert (
        advice.acknowledges_feeling and advice.validates and advice.open_question and advice.invites_contact
    )
    assert not advice.dismissive
    assert advice.safety_advice is None or advice.safety_advice
    assert [asked.seen for asked in advice.questions] == ["answered", "answered"]


def test_a_cold_reply_is_told_what_is_open_and_hard() -> None:
    advice = coach("Don't worry. Likely reactive lymphadenopathy.", WORRIED)
    assert advice.dismissive and not advice.acknowledges_feeling
    assert [term.span.text for term in advice.jargon] == ["reactive lymphadenopathy"]
    assert advice.jargon[0].plain == "swollen glands"
    assert "When can I be seen?" in [
        asked.question.text for asked in advice.questions if asked.seen == "not seen"
    ]


def test_danger_without_advice_comes_before_anything_else() -> None:
    advice = coach("Yes, take an extra omeprazole. Sounds like dyspepsia.", DANGER)
    assert advice.safety_advice is not None and not advice.safety_advice
    assert advice.suggestions[0].code == "safety"
    better = coach("This could be your heart. Call 999 now.", DANGER)
    assert better.safety_advice
    assert all(line.code != "safety" for line in better.suggestions)


def test_no_danger_no_safety_advice() -> None:
    assert coach("Yes, see you on Monday.", "Can I book a smear?").safety_advice is None


def test_words_of_the_patient_are_no_jargon() -> None:
    assert not coach("Your HbA1c is 48.", "What is my HbA1c?").jargon
    assert coach("Your HbA1c is 48.", "What is my sugar?").jargon


def test_medicines_are_no_jargon() -> None:
    assert not coach("Keep taking the amlodipine and the atorvastatin.", "Do I stay on them?").jargon


def test_a_closed_question_is_not_open() -> None:
    assert not coach("What is your weight?", "Can I have the pill?").open_question
    assert coach("How have you been sleeping?", "I feel low.").open_question


def test_other_languages_of_reply() -> None:
    spanish = coach(
        "Es lógico estar preocupada. Llámenos con cualquier duda.",
        "Estoy preocupada por la operación. ¿Cuándo es?",
    )
    assert spanish.language == "es" and spanish.validates and spanish.invites_contact
    french = coach("Je comprends votre inquiétude. Appelez-moi si besoin.", "J'ai peur de l'opération.")
    assert french.language == "fr" and french.acknowledges_feeling and french.invites_contact
    german = coach(
        "Machen Sie sich keine Sorgen, das ist nicht schlimm und wird bald wieder gut.",
        "Ich habe Angst vor der Operation.",
    )
    assert german.language == "de" and [line.code for line in german.suggestions] == ["unread"]
