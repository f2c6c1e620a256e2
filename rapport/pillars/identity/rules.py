"""How likely two Patients are one person: a small sum that a person can follow. Pure.

Each trait that both records tell is compared and gives its points. Nothing is joined by points: from `LIKELY`
on the two are shown to somebody who decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rapport.fhir.index_keys import fold

Body = Mapping[str, Any]

LIKELY = 6
#: Of each trait, how it compares -> points. What is not here gives none.
POINTS: Mapping[str, Mapping[str, int]] = {
    "name": {"same": 4, "swapped": 4, "near": 2, "other": -3},
    "born": {"same": 3, "swapped": 2, "near": 1, "other": -4},
    "gender": {"other": -1},
    "phone": {"same": 3},
    "email": {"same": 3},
    "identifier": {"same": 9, "other": -2},
    "address": {"same": 2},
}
#: At most so many of a person's names, numbers and addresses are looked at.
MOST = 10
_PHONE_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait of both: a key of `POINTS`, what each record says, how that compares.

    how  same, swapped, near, other; "" where one of them does not say
    """

    key: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    how: str

    @property
    def points(self) -> int:
        """What this says for one person, or against it."""
        return POINTS[self.key].get(self.how, 0)


def compare(left: Body, right: Body) -> tuple[Trait, ...]:
    """All traits of two Patients."""
    return tuple(
        Trait(
            key, tuple(read(left)), tuple(read(right)), how(left, right) if read(left) and read(right) else ""
        )
        for key, read, how in _TRAITS
    )


def score(traits: Iterable[Trait]) -> int:
    """What all of it says together."""
    return sum(trait.points for trait in traits)


# ---------------------------------------------------------------- what a record says


def dicts(body: Body, name: str) -> list[dict[str, Any]]:
    """The objects of a list in the record, not too many of them."""
    found = body.get(name)
    return [one for one in found if isinstance(one, dict)][:MOST] if isinstance(found, list) else []


def _words(value: Any) -> list[str]:
    return [part for part in value if isinstance(part, str)] if isinstance(value, list) else []


def names(body: Body) -> list[str]:
    """Names as they are written."""
    said = [
        " ".join((*_words(name.get("given")), str(name.get("family") or ""))).strip()
        or str(name.get("text") or "")
        for name in dicts(body, "name")
    ]
    return list(dict.fromkeys(filter(None, said)))


def born(body: Body) -> list[str]:
    """The date of birth."""
    return [body["birthDate"]] if isinstance(body.get("birthDate"), str) else []


def gender(body: Body) -> list[str]:
    """The gender as a code."""
    return [body["gender"]] if isinstance(body.get("gender"), str) else []


def phones(body: Body) -> list[str]:
    """Telephone numbers."""
    return _ways(body, ("phone", "sms"))


def emails(body: Body) -> list[str]:
    """E-mail addresses."""
    return _ways(body, ("email",))


def _ways(body: Body, systems: tuple[str, ...]) -> list[str]:
    found = [str(way.get("value") or "") for way in dicts(body, "telecom") if way.get("system") in systems]
    return list(dict.fromkeys(filter(None, found)))


def identifiers(body: Body) -> list[str]:
    """Record numbers, as people read them out."""
    return [value for _, value in numbers(body)]


def numbers(body: Body) -> list[tuple[str, str]]:
    """Identifiers as system and value."""
    found = [(str(one.get("system") or ""), str(one.get("value") or "")) for one in dicts(body, "identifier")]
    return [one for one in found if one[1]]


def addresses(body: Body) -> list[str]:
    """Where they live."""
    return list(dict.fromkeys(filter(None, (", ".join(_lines(home)) for home in dicts(body, "address")))))


def _lines(home: Body) -> list[str]:
    return [
        *filter(
            None, (*_words(home.get("line")), str(home.get("postalCode") or ""), str(home.get("city") or ""))
        )
    ]


# ---------------------------------------------------------------- how two compare


def _name(left: Body, right: Body) -> str:
    best = ""
    for one in map(parts, dicts(left, "name")):
        for other in map(parts, dicts(right, "name")):
            found = _names_compare(one, other)
            best = found if _better(found, best) else best
    return best


_ORDER = ("same", "swapped", "near", "other", "")


def _better(one: str, other: str) -> bool:
    return _ORDER.index(one) < _ORDER.index(other)


def parts(name: Body) -> tuple[list[str], list[str]]:
    """Given and family name as they are compared: no case, no accents; the last word of a text is family."""
    given, family = _plain(" ".join(_words(name.get("given")))), _plain(str(name.get("family") or ""))
    if not given and not family:
        *given, last = _plain(str(name.get("text") or "")) or [""]
        family = [last]
    return given, family


def _plain(text: str) -> list[str]:
    return re.sub(r"[^\w\s]", " ", fold(text).replace("'", "")).split()


def _names_compare(one: tuple[list[str], list[str]], other: tuple[list[str], list[str]]) -> str:
    (given, family), (their_given, their_family) = one, other
    if family == their_family and _shared(given, their_given):
        return "same"
    if given and family and _shared(given, their_family) and _shared(family, their_given):
        return "swapped"
    whole, theirs = " ".join((*given[:1], *family)), " ".join((*their_given[:1], *their_family))
    return "near" if min(len(whole), len(theirs)) >= 6 and one_slip(whole, theirs) else "other"


def _shared(one: list[str], other: list[str]) -> bool:
    """Whether the first word is the same; further given names are often left out."""
    return one[:1] == other[:1]


def one_slip(one: str, other: str) -> bool:
    """Whether two words differ by one letter more, less or other, or by two neighbours in turned order."""
    if one == other:
        return True
    if len(one) > len(other):
        one, other = other, one
    at = next((place for place, letter in enumerate(one) if letter != other[place]), len(one))
    if len(other) == len(one) + 1:
        return one[at:] == other[at + 1 :]
    if len(other) != len(one):
        return False
    turned = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    return one[at + 1 :] == other[at + 1 :] or turned


def _born(left: Body, right: Body) -> str:
    one, other = str(left["birthDate"]), str(right["birthDate"])
    if one == other:
        return "same"
    if len(one) < 10 or len(other) < 10:
        return "near" if one.startswith(other) or other.startswith(one) else "other"
    return "swapped" if other in slips(one) else "other"


def slips(day: str) -> list[str]:
    """Dates that somebody may have meant who wrote this one with two digits, or day and month, swapped."""
    digits = day.replace("-", "")
    if not re.fullmatch(r"\d{8}", digits):
        return []
    turned = [digits[:4] + digits[6:] + digits[4:6]]
    for place in range(7):
        turned.append(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :])
    found = []
    for one in turned:
        try:
            found.append(date(int(one[:4]), int(one[4:6]), int(one[6:])).isoformat())
        except ValueError:
            continue
    return [one for one in dict.fromkeys(found) if one != day]


def _gender(left: Body, right: Body) -> str:
    one, other = left["gender"], right["gender"]
    unknown = "unknown" in (one, other)
    return "" if unknown else "same" if one == other else "other"


def _phone(left: Body, right: Body) -> str:
    return _meet(_digits(phones(left)), _digits(phones(right)))


def _digits(numbers: Iterable[str]) -> set[str]:
    """Numbers by their last digits: with or without the code of the country they are one."""
    found = (re.sub(r"\D", "", number)[-_PHONE_DIGITS:] for number in numbers)
    return {number for number in found if len(number) >= 7}


def _email(left: Body, right: Body) -> str:
    return _meet({fold(one) for one in emails(left)}, {fold(one) for one in emails(right)})


def _identifier(left: Body, right: Body) -> str:
    one, other = numbers(left), numbers(right)
    if set(one) & set(other):
        return "same"
    systems = {system for system, _ in one if system} & {system for system, _ in other}
    return "other" if systems else ""


def _address(left: Body, right: Body) -> str:
    return _meet({_home(one) for one in addresses(left)}, {_home(one) for one in addresses(right)})


def _home(address: str) -> str:
    return " ".join(_plain(address))


def _meet(one: set[str], other: set[str]) -> str:
    return "same" if one & other else "other"


_TRAITS: tuple[tuple[str, Any, Any], ...] = (
    ("name", names, _name),
    ("born", born, _born),
    ("gender", gender, _gender),
    ("phone", phones, _phone),
    ("email", emails, _email),
    ("identifier", identifiers, _identifier),
    ("address", addresses, _address),
)
