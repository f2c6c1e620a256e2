"""Values of search parameters as they stand in a query, read into frozen dataclasses.

Commas separate alternatives, `$` the parts of a composite, `|` the parts of a token; each can be
escaped by a backslash. A value that can't be read is Refused("invalid") with the parameter named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from rapport.fhir import units
from rapport.fhir.moments import span
from rapport.fhir.outcomes import Refused

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")


@dataclass(frozen=True, slots=True)
class Token:
    """`code`, `system|code`, `|code` or `system|`. A system of None means any, "" means none."""

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class OfType:
    """`system|code|value`: an identifier by its type and its value."""

    system: str
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A local reference `Type/id`, or a canonical or absolute address."""

    reference: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of time [low, high), UTC, and how it is compared."""

    prefix: str
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as written with the range its digits imply, [low, high), and its unit if one is asked for.

    `based`: all of it in base units.
    """

    prefix: str
    number: float
    low: float
    high: float
    system: str | None = None
    code: str | None = None
    based: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """Words as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Near:
    """A place on the globe in degrees, and how far from it at most, in metres."""

    latitude: float
    longitude: float
    metres: float


@dataclass(frozen=True, slots=True)
class Missing:
    """Whether the element shall be absent (`:missing=true`) or there."""

    missing: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """The values of a composite, in the order of its components."""

    parts: tuple[Value, ...]


Value = Token | OfType | Reference | Moment | Amount | Text | Near | Missing | Parts

#: Kilometres around a place where the search does not say how far.
FAR = "50"
_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?", re.ASCII)
_BLANK_ZONE = re.compile(r" (?=\d\d:\d\d$)")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")


def split(text: str, separator: str) -> list[str]:
    """The pieces between separators that are not escaped; escapes stay as they are."""
    if "\\" not in text:
        return text.split(separator)
    pieces, piece, escaped = [], "", False
    for char in text:
        if char == separator and not escaped:
            pieces.append(piece)
            piece = ""
            continue
        piece += char
        escaped = char == "\\" and not escaped
    return [*pieces, piece]


def unescape(text: str) -> str:
    r"""The text without the backslashes before `,`, `|`, `$` and `\`."""
    return re.sub(r"\\([,|$\\])", r"\1", text) if "\\" in text else text


def token(text: str) -> Token:
    """Read a token."""
    parts = [unescape(part) for part in split(text, "|")]
    if len(parts) == 1:
        return Token(None, _some(parts[0]))
    if len(parts) > 2 or not any(parts):
        raise ValueError("use code, system|code, |code or system|")
    return Token(parts[0], parts[1] or None)


def identifier(text: str) -> Token:
    """Read `value`, `system|value` or `|value`."""
    found = token(text)
    if not found.code:
        raise ValueError("use value, system|value or |value")
    return found


def coded(text: str) -> Token:
    """Read `system|code`, a place in a hierarchy of codes."""
    found = token(text)
    if not found.system or not found.code:
        raise ValueError("use system|code")
    return found


def of_type(text: str) -> OfType:
    """Read the value of `:of-type`."""
    parts = [unescape(part) for part in split(text, "|")]
    if len(parts) != 3 or not all(parts):
        raise ValueError("use system|code|value")
    return OfType(*parts)


def moment(text: str) -> Moment:
    """Read a date or a time with an optional prefix; without a zone it is taken as UTC."""
    prefix, rest = _prefix(text)
    found = span(_BLANK_ZONE.sub("+", rest))  # a form decodes the plus sign of a zone to a blank
    if found is None:
        raise ValueError("use a date such as 2024, 2024-05, 2024-05-17 or 2024-05-17T09:30:00Z")
    return Moment(prefix, *found)


def number(text: str) -> Amount:
    """Read a number with an optional prefix. `100` stands for 99.5 to 100.5, `1e2` for 50 to 150."""
    prefix, exact = _exact(text)
    number, low, high = map(float, exact)
    return Amount(prefix, number, low, high)


def _exact(text: str) -> tuple[str, tuple[Decimal, Decimal, Decimal]]:
    """A prefix; the number, and the ends of the range that its digits imply."""
    prefix, rest = _prefix(text)
    if not _NUMBER.fullmatch(rest):
        raise ValueError("use a number such as 5.4, gt5.4 or 1e-3")
    exact = Decimal(rest)
    exponent = exact.as_tuple().exponent
    if not isinstance(exponent, int) or not -300 < exponent < 300 or not -300 < exact.adjusted() < 300:
        raise ValueError("use a number of fewer digits")
    half = abs(exact) / 10 if prefix == "ap" else Decimal(5).scaleb(exponent - 1)
    return prefix, (exact, exact - half, exact + half)


def quantity(text: str) -> Amount:
    """Read `number`, `number|system|code` or `number||code`, each with an optional prefix.

    A UCUM unit that is known comes in base units, as the index keeps it.
    """
    parts = [unescape(part) for part in split(text, "|")]
    if len(parts) not in (1, 3):
        raise ValueError("use number, number|system|code or number||code")
    if len(parts) == 1 or not parts[2]:
        return number(parts[0])
    prefix, exact = _exact(parts[0])
    system, code = parts[1], parts[2]
    based = [units.based(value, code) for value in exact] if system == units.UCUM else []
    known = [one for one in based if one]
    if len(known) == len(exact):
        at, low, high = (one[0] for one in known)
        return Amount(prefix, at, low, high, system, known[0][1], True)
    at, low, high = map(float, exact)
    return Amount(prefix, at, low, high, system or None, code)


def near(text: str) -> Near:
    """Read `latitude|longitude`, with a distance and its unit behind where these are given."""
    parts = [unescape(part) for part in split(text, "|")]
    given = [*parts, *("", "")][:4]
    if not 2 <= len(parts) <= 4 or not all(_NUMBER.fullmatch(part) for part in given[:3] if part):
        raise ValueError("use latitude|longitude|distance|unit, such as 48.85|2.35|10|km")
    latitude, longitude = (float(part) if part else 1e9 for part in given[:2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError("the latitude lies between -90 and 90, the longitude between -180 and 180")
    metres = units.based(Decimal(given[2] or FAR), given[3] or "km")
    if metres is None or metres[1] != "m" or metres[0] < 0:
        raise ValueError("the distance is a length such as 10|km or 500|m")
    return Near(latitude, longitude, metres[0])


def references(text: str, targets: tuple[str, ...]) -> tuple[Reference, ...]:
    """Read a reference. A bare id stands for that id in every type the parameter may point to."""
    text = unescape(text)
    local = _LOCAL.fullmatch(text)
    if local or ":" in text:
        return (Reference(text),)
    if "|" in text or "/" in text:
        return (Reference(text),)
    if not _ID.fullmatch(text) or not targets:
        raise ValueError("use Type/id, an id or a whole address")
    return tuple(Reference(f"{target}/{text}") for target in targets)


def text(written: str) -> Text:
    """Read words."""
    return Text(_some(unescape(written)))


def missing(written: str) -> Missing:
    """Read true or false."""
    if written not in ("true", "false"):
        raise ValueError("use true or false")
    return Missing(written == "true")


def _prefix(text: str) -> tuple[str, str]:
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def _some(text: str) -> str:
    if not text:
        raise ValueError("a value is missing")
    return text


#: How one alternative of a parameter type is read. References need their targets, composites their parts.
READERS: Mapping[str, Callable[[str], Value]] = {
    "token": token,
    "date": moment,
    "number": number,
    "quantity": quantity,
    "string": text,
    "uri": text,
    "special": near,
}


def bad(name: str, written: str, why: object) -> Refused:
    """The refusal of one value."""
    return Refused("invalid", f"The search value {name}={written} can't be read: {why}.")
