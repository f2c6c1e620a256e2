"""What the people of the demo wrote to each other: every state of a question, in a believable story."""

from __future__ import annotations

from collections.abc import Callable

from rapport.serving.demo.stage import Stage
from rapport.serving.demo.stories.english import amina, ingrid, kwame, peter, priya, walter
from rapport.serving.demo.stories.other_languages import chloe, elodie, leila, maria, tomas, yusuf

STORIES: tuple[Callable[[Stage], None], ...] = (
    amina,
    tomas,
    ingrid,
    kwame,
    leila,
    peter,
    chloe,
    walter,
    maria,
    yusuf,
    priya,
    elodie,
)
