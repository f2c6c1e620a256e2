"""What settles a danger and what does not, and how a letter is weighed."""

from __future__ import annotations

import pytest

from rapport.listening import listen
from rapport.listening.second_look import RULE, USUAL, rise, scale


def present(text: str) -> bool:
    return any(flag.status == "present" for flag in listen(text).red_flags)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Since the operation I can't pee at all and I'm in agony.", True),
        ("No chest pain since the stent. Can I cycle?", False),
        ("I go far more often than I used to, and there's blood in my stools.", True),
        ("I used to have blood in my stools.", False),
        ("My face went droopy on one side at breakfast but it wore off by lunch.", True),
        ("My chest pain turned out to be a pulled muscle and it wore off.", False),
        ("Tengo dolor en el pecho desde hace dos meses y hoy me aprieta.", True),
    ],
)
def test_when_it_began_and_how_it_passed_settles_no_danger(text: str, found: bool) -> None:
    assert present(text) is found


def test_each_further_sentence_of_a_letter_raises_the_limit_of_the_second_look() -> None:
    weak, strong = "I took my last tablet this morning.", "I keep thinking how peaceful it would be to stop."
    letter = " The boiler was serviced. My sister came to stay. The garden is well. The bus was late again."
    assert [flag.rule for flag in listen(weak).red_flags] == [RULE]
    assert not present(weak + letter)
    assert present(strong + letter)
    assert rise(1) == 0 < rise(4) < rise(8)
    assert scale(USUAL) == 1 and scale(4 * USUAL) == 0.5 and scale(0) == 0
