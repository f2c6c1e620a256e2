"""What `listen` promises, by example."""

from __future__ import annotations

import dataclasses
import random
import string
import subprocess
import sys
import time
from pathlib import Path

import pytest

import rapport.listening
from rapport.listening import Heard, listen


def statuses(text: str) -> dict[str, str]:
    return {flag.kind: flag.status for flag in listen(text).red_flags}


def present(text: str) -> bool:
    return any(flag.status == "present" for flag in listen(text).red_flags)


def test_what_is_heard_is_frozen() -> None:
    heard = listen("Hello")
    with pytest.raises(dataclasses.FrozenInstanceError):
        heard.language = "fr"  # type: ignore[misc]


def test_an_emergency_is_shown_with_its_words_rule_and_reason() -> None:
    heard = listen("It's like a lorry parked on my ribs and my left arm tingles.")
    flag = heard.red_flags[0]
    assert (heard.level, flag.level, flag.channel, flag.status) == (
        "emergency",
        "emergency",
        "alert",
        "present",
    )
    assert "lorry" in flag.span.text or "ribs" in flag.span.text
    assert flag.rule.startswith("chest.") and flag.why


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("No chest pain at all, just a cough.", "negated"),
        ("I had chest pain in 2015.", "past"),
        ("The chest pain turned out to be a pulled muscle.", "settled"),
        ("My father had crushing chest pain and died young.", "other person"),
        ("What should I do in case of chest pain?", "hypothetical"),
        ("The leaflet mentions chest pain.", "read or quoted"),
        ("I nearly had a heart attack when I saw the bill.", "figurative"),
        ("Tuve dolor de pecho hace cinco años.", "past"),
        ("Pas de douleur dans la poitrine.", "negated"),
    ],
)
def test_context_lowers_and_says_why(text: str, status: str) -> None:
    heard = listen(text)
    assert heard.level == "none"
    for flag in heard.red_flags:
        assert flag.status == status
        assert "reads as" in flag.why


def test_context_is_shown_not_dropped() -> None:
    assert statuses("I had chest pain in 2015.") == {"chest": "past"}


@pytest.mark.parametrize(
    "text",
    [
        "I had chest pain in 2015 and now it's back again.",
        "Last year I had crushing chest pain, it has come back since this morning.",
        "I wouldn't call it pain, but there is a heavy weight on my chest.",
        "My doctor said my heart was fine but the chest tightness is back again today.",
        "J'ai eu une douleur dans la poitrine l'an dernier, elle revient depuis ce matin.",
    ],
)
def test_a_sentence_that_turns_is_never_silenced(text: str) -> None:
    assert present(text)


@pytest.mark.parametrize(
    "text",
    [
        "I know I said I was better now, but I want to kill myself.",
        "If I had the courage I would kill myself.",
        "Everything turned out fine but I still think about ending my life.",
        "I'm not suicidal but I can't see the point of being alive.",
        "On me dit que ça va mieux, mais j'ai envie de mourir.",
    ],
)
def test_self_harm_is_never_silenced(text: str) -> None:
    assert present(text)
    assert any(flag.level == "self_harm" for flag in listen(text).red_flags)


def test_a_denied_thought_of_suicide_is_still_shown() -> None:
    flags = listen("Filled in the form. No suicidal thoughts.").red_flags
    assert [(flag.status, flag.channel) for flag in flags] == [("negated", "second_look")]


@pytest.mark.parametrize(
    "text",
    [
        "CHEST FEELS LIKE ITS BEING CRUSHED AND MY LEFT ARM IS NUMB",
        "chest feels like its being crushd and my left arm is nub",
        "got crushing chset pain",
        "i cant breeth and my lips are gone bleu",
        "me duele mucho el pecho y me falta el aire like an elephant sitting on my chest",
    ],
)
def test_capitals_slips_and_mixed_languages_are_normal(text: str) -> None:
    assert present(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I have had a sore throat for three days.", "en"),
        ("Me duele la garganta desde hace tres días.", "es"),
        ("J'ai mal à la gorge depuis trois jours.", "fr"),
        ("Ich habe seit gestern starke Schmerzen in der Brust.", "de"),
        ("Ho un forte dolore al petto da questa mattina.", "it"),
        ("Estou com dor no peito e não consigo respirar.", "pt"),
        ("У меня сильно болит грудь.", "ru"),
        ("我胸口很痛。", "zh"),
        ("أشعر بألم في صدري", "ar"),
        ("xkcd qwrtz 123", "und"),
        ("", "und"),
    ],
)
def test_the_language_is_named(text: str, language: str) -> None:
    assert listen(text).language == language


def test_no_grammar_runs_on_another_language() -> None:
    heard = listen("Ich habe starke Schmerzen, pain chest crushing kann nicht atmen und mir ist schlecht.")
    assert heard.language == "de"
    assert not heard.red_flags and not heard.feelings
    assert heard.unread[0].text.startswith("Ich habe")


def test_three_worries_give_three_concerns() -> None:
    heard = listen(
        "My knee is swollen and stiff. I've had a rash on my arm since Monday. My ears are ringing and sore."
    )
    assert len(heard.concerns) == 3


def test_questions_with_and_without_a_mark() -> None:
    heard = listen(
        "Can I fly? I was wondering whether to stop the tablets. i have a cough. do i need an xray"
    )
    assert [span.text for span in heard.questions] == [
        "Can I fly?",
        "I was wondering whether to stop the tablets.",
        "do i need an xray",
    ]


def test_greetings_and_courtesy_are_no_questions_and_no_gratitude() -> None:
    heard = listen("Hi, how are you? Repeat of my tablets please. Thanks in advance.")
    assert not heard.questions and not heard.feelings


def test_the_same_text_gives_the_same_answer() -> None:
    text = "I'm so worried about the lump in my breast. Can I come in?"
    here = repr(listen(text))
    code = f"from rapport.listening import listen; print(repr(listen({text!r})))"
    for seed in ("0", "1", "4711"):
        there = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert there.stdout.strip() == here


def test_it_imports_neither_django_nor_the_network() -> None:
    code = (
        "import sys; from rapport.listening import coach, listen; listen('chest pain'); coach('ok', 'hi');"
        "far = ('django', 'psycopg', 'socket', 'http', 'ssl', 'urllib3', 'requests');"
        "bad = [m for m in sys.modules if m.split('.')[0] in far];"
        "assert not bad, bad"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(Path(__file__).parents[2])}
    )


def test_it_loads_all_three_languages_fast_and_is_small() -> None:
    code = (
        "import time; t = time.process_time();"
        "from rapport.listening import listen; listen('My cheest hurts'); listen('Me duele el pehco');"
        "listen('J ai mal à la poitirne');"
        "print(time.process_time() - t)"
    )
    runs = [
        float(
            subprocess.run(
                [sys.executable, "-c", code],
                capture_output=True,
                text=True,
                check=True,
                env={"PYTHONPATH": str(Path(__file__).parents[2])},
            ).stdout
        )
        for _ in range(3)
    ]
    assert min(runs) <= 0.5
    folder = Path(rapport.listening.__file__).parent
    size = sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    assert size <= 30_000_000


def test_a_message_takes_a_few_milliseconds() -> None:
    text = (
        "Hello, I've had a cough for three weeks and I'm worried. My dad had asthma. Should I come in? " * 3
    )
    listen(text)
    times = []
    for _ in range(30):
        began = time.process_time()
        listen(text)
        times.append(time.process_time() - began)
    assert sorted(times)[28] < 0.05


def test_a_heard_has_all_its_parts() -> None:
    names = {field.name for field in dataclasses.fields(Heard)}
    assert names == {
        "language",
        "feelings",
        "questions",
        "concerns",
        "red_flags",
        "level",
        "reading_grade",
        "unread",
    }


def test_grades_rise_with_hard_words_and_are_none_elsewhere() -> None:
    easy = listen("I feel sick. My head hurts. Can I come in?").reading_grade
    hard = listen(
        "Notwithstanding considerable deterioration, rheumatological consultation remains unscheduled."
    ).reading_grade
    assert easy is not None and hard is not None and easy < 5 < 10 < hard
    assert listen("Ich habe seit gestern starke Schmerzen.").reading_grade is None


CODES = (
    "1bb00cd1cccc40b9a62262b5d61d4a0e",
    "4d29fe6a26a3457bb9cfb46cc0babb88",
    "1bb00cd1-cccc-40b9-a622-62b5d61d4a0e",
    "BB12345678901",
    "https://clinic.example/chest-pain?x=crushing&y=cant-breathe.",
    "www.clinic.example/want-to-die",
    "kill.myself@home.example",
)


@pytest.mark.parametrize("code", CODES)
def test_codes_links_and_addresses_are_not_words(code: str) -> None:
    text = f"Hello, my pump shows {code} on the screen."
    heard = listen(text)
    assert heard.language == "en" and not heard.unread
    assert not heard.red_flags and not heard.concerns and not heard.feelings
    assert present(f"{text} I have crushing chest pain.")
    assert listen(f"Could you look at {code}?").questions[0].text.startswith("Could you look at")


def test_no_random_code_is_read_as_danger_worry_or_feeling() -> None:
    chance = random.Random(7)
    alphabets = (
        "0123456789abcdef",
        string.ascii_lowercase + string.digits,
        string.ascii_letters + string.digits,
    )
    for n in range(600):
        inside = "".join(chance.choices(alphabets[n % 3], k=chance.randint(16, 40)))
        code = f"{chance.randint(10, 99)}{inside}{chance.randint(1000, 9999)}"
        heard = listen(f"Hello, my pump shows {code} on the screen.")
        assert not (heard.red_flags or heard.concerns or heard.feelings), code


@pytest.mark.parametrize(
    "text",
    [
        "I took 40 paracetamol500mg an hour ago",
        "took40x500mgparacetamol and I want to die",
        "i am 38-weeks-pregnant and bleeding heavily",
        "crushing chestpain since2hours in my chest",
        "crushing chest pain@3.30am",
    ],
)
def test_what_is_written_together_in_a_hurry_is_still_read(text: str) -> None:
    assert present(text)


def test_a_number_is_not_numb() -> None:
    assert not listen("Hello, the number on the device is in the letter.").concerns
