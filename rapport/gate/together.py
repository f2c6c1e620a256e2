"""Readings that are asked together: what they search goes to the database in one go, round by round.

A reading is written as a generator that yields what it searches and is given what was found:

    @inquiry
    def lines(door: Door, patient: str) -> Asks[tuple[str, ...]]:
        found = yield "Condition", [("patient", patient)]
        return tuple(...)

It is called as any function, and then asks alone. Within `together` several go side by side:

    with together(door) as later:
        problems, visits = later(lines, patient), later(visited, patient)
    problems.value
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from .door import Door, Found
from .reading import Query

P = ParamSpec("P")
T = TypeVar("T")

#: A reading under way: yields a type and a query of it, is sent what was found, returns what it made of it.
Asks = Generator[tuple[str, Query], Found, T]


class Inquiry(Generic[P, T]):
    """A function of a door that reads by searches alone."""

    def __init__(self, begin: Callable[Concatenate[Door, P], Asks[T]]) -> None:
        self.begin = begin
        self.__doc__ = begin.__doc__

    def __call__(self, door: Door, *args: P.args, **kwargs: P.kwargs) -> T:
        with together(door) as later:
            answer = later(self, *args, **kwargs)
        return answer.value


def inquiry(begin: Callable[Concatenate[Door, P], Asks[T]]) -> Inquiry[P, T]:
    """Make a reading that can be asked with others of a generator function."""
    return Inquiry(begin)


class Answer(Generic[T]):
    """What a reading will say: `value` is there once all were asked."""

    __slots__ = ("asked", "steps", "value")

    value: T

    def __init__(self, steps: Asks[T]) -> None:
        self.steps = steps
        self.asked: tuple[str, Query] | None = None

    def go_on(self, found: Any) -> bool:
        """Hand over what was found (None to begin); whether there is more to ask."""
        try:
            self.asked = self.steps.send(found)
        except StopIteration as end:
            self.value = end.value
            return False
        return True


class Together:
    """Takes readings in, and asks them."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._answers: list[Answer[Any]] = []

    def __call__(self, inquiry: Inquiry[P, T], *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
        answer = Answer(inquiry.begin(self._door, *args, **kwargs))
        self._answers.append(answer)
        return answer

    def ask(self) -> None:
        """Go on with all of them until none has anything left to ask."""
        going = [answer for answer in self._answers if answer.go_on(None)]
        while going:
            found = self._door.searches(answer.asked for answer in going if answer.asked)
            going = [answer for answer, one in zip(going, found, strict=True) if answer.go_on(one)]


@contextmanager
def together(door: Door) -> Iterator[Together]:
    """Readings that need nothing of each other; their answers are there after the block."""
    later = Together(door)
    yield later
    later.ask()
