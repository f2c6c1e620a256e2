"""What an index row has to be like to match the values of one search parameter.

Each function gives SQL over a row called `{x}`. The rules are those of R4 "Search": a date or
number stands for the range that its digits leave open, and prefixes compare ranges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import degrees

from rapport.fhir import index, own
from rapport.fhir import search_values as values
from rapport.fhir.definitions import SearchParam
from rapport.fhir.moments import EARLIEST, LATEST
from rapport.fhir.search_tree import Clause
from rapport.store.counting import Mark
from rapport.store.params import Params
from rapport.store.wire import Bigints

#: The mean radius of the earth in metres.
GLOBE = 6_371_008.8
_LAST = "\U0010ffff"
#: So many keys are listed in the statement, so that their number is known when it is planned.
FEW = 8

#: Prefix -> SQL over the row [low, high) and the value [a, b): what R4 says about ranges. Where the end of
#: the row is bounded, its beginning is too, which says nothing new but lets the index stop there.
_RANGES = {
    "eq": "{x}.low >= {a} AND {x}.low < {b} AND {x}.high <= {b}",
    "ne": "({x}.low < {a} OR {x}.high > {b})",
    "gt": "{x}.high > {b}",
    "lt": "{x}.low < {a}",
    "ge": "({x}.high > {b} OR {x}.low >= {a})",
    "le": "{x}.low < {b} AND ({x}.low < {a} OR {x}.high <= {b})",
    "sa": "{x}.low >= {b}",
    "eb": "{x}.low < {a} AND {x}.high <= {a}",
    "ap": "{x}.low < {b} AND {x}.high > {a}",
}

#: The same for numbers: the row is a value (low = high) or a closed range, compared with the number itself.
_NUMBERS = {
    "eq": "{x}.low >= {a} AND {x}.low < {b} AND {x}.high < {b}",
    "ne": "({x}.low < {a} OR {x}.high >= {b})",
    "gt": "{x}.high > {n}",
    "lt": "{x}.low < {n}",
    "ge": "{x}.high >= {n}",
    "le": "{x}.low <= {n}",
    "sa": "{x}.low > {n}",
    "eb": "{x}.low < {n} AND {x}.high < {n}",
    "ap": "{x}.low <= {b} AND {x}.high >= {a}",
}


def kind_of(clause: Clause) -> str:
    """The kind of index rows that answer a clause."""
    kind = clause.param.type
    if clause.modifier == "text":
        return "string"
    if kind == "string" and clause.modifier == "exact":
        return "token"
    return {"reference": "ref", "quantity": "number", "special": "number"}.get(kind, kind)


def match(clause: Clause, p: Params) -> str:
    """SQL over `{x}`, a row of the table of `kind_of(clause)`: any of the values fits."""
    param, kind = clause.param, clause.param.type
    if clause.modifier == "text":
        keys = sorted({index.words_key(param.rtype, leaf) for leaf in param.leaves})
        beginning = _any([_string(value, "", p) for value in clause.values])
        return f"{_equal('{x}.key', keys, p)} AND {beginning}"
    if kind == "special":
        return _any([_near(param, value, p) for value in clause.values])
    if kind in ("quantity", "number"):
        return _any([_amount(param, value, p) for value in clause.values])
    if kind == "token":
        return _tokens(clause, p)
    if kind == "reference":
        return _references(param, clause.values, p)
    if kind == "string" and clause.modifier == "exact":
        return _equal("{x}.key", [_token_key(clause, value) for value in clause.values], p)
    key = f"{{x}}.key = {p(index.range_key(param.rtype, param.code))}"
    one = {"date": _moment, "string": _string, "uri": _uri}[kind]
    return f"{key} AND {_any([one(value, clause.modifier, p) for value in clause.values])}"


def expected(clause: Clause) -> float:
    """Rows to expect of a clause, roughly, where they are not counted."""
    kind = kind_of(clause)
    if kind == "date" and all(_of_a_day(value) for value in clause.values):
        return _A_DAY * len(clause.values)
    if kind == "string" and any(len(v.text) < 3 for v in clause.values if isinstance(v, values.Text)):
        return _ANY_NUMBER
    return _GUESSES.get(clause.modifier or kind, _ANY_NUMBER) * len(clause.values)


def mark(clause: Clause) -> Mark | None:
    """What its rows are counted by; None where that is no use: what names one thing is rare enough."""
    kind, leaves = kind_of(clause), clause.param.leaves
    if kind == "token" and not all(leaf.type in _NAMING for leaf in leaves) and clause.modifier != "exact":
        return "index_token", 0, tuple(_token_key(clause, value) for value in clause.values)
    if kind == "ref" and not all(_of_somebody(value) for value in clause.values):
        key = index.range_key(clause.param.rtype, clause.param.code)
        return "index_ref", key, tuple(map(_target, clause.values))
    return None


def _of_a_day(value: values.Value) -> bool:
    return isinstance(value, values.Moment) and value.prefix == "eq" and value.high - value.low <= _DAY


def _of_somebody(value: values.Value) -> bool:
    """Whether a reference leads to a person or to what belongs to one: few resources point there."""
    found = isinstance(value, values.Reference) and value.reference.partition("/")[0]
    return found == "Patient" or found in own.OWNER


#: Rows to expect where nothing is counted.
_GUESSES = {"token": 20.0, "ref": 20.0, "uri": 5.0, "string": 300.0, "text": 1e3, "number": 1e4, "date": 1e4}
_ANY_NUMBER, _A_DAY, _DAY = 1e6, 200.0, timedelta(days=1)
#: Elements whose codes name one thing each.
_NAMING = frozenset({"Identifier", "ContactPoint"})


def single(clause: Clause) -> bool:
    """Whether at most one row of a resource can fit (so that nothing has to be made distinct)."""
    if len(clause.values) != 1:
        return False
    value = clause.values[0]
    if isinstance(value, values.OfType):
        return True
    if isinstance(value, values.Token):
        return value.system is not None and clause.param.type == "token" and not clause.param.implied
    return isinstance(value, values.Reference)


def _any(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else "(" + " OR ".join(f"({part})" for part in parts) + ")"


def _equal(column: str, keys: Sequence[int], p: Params) -> str:
    if len(keys) == 1:
        return f"{column} = {p(keys[0])}"
    if len(keys) <= FEW:  # planned for any values, PostgreSQL takes an array for ten, and another index
        return f"{column} IN ({', '.join(map(p, keys))})"
    return f"{column} = ANY({p(Bigints(keys))})"


def _token_key(clause: Clause, value: values.Value) -> int:
    """The key of the token row that a value asks for."""
    rtype, code = clause.param.rtype, clause.param.code
    if isinstance(value, values.OfType):
        return index.of_type_key(rtype, code, value.system, value.code, value.value)
    if isinstance(value, values.Text):
        return index.exact_key(rtype, code, value.text)
    assert isinstance(value, values.Token)
    if value.code is None:
        return index.any_of_key(rtype, code, value.system or "")
    return index.token_key(rtype, code, value.code)


def _tokens(clause: Clause, p: Params) -> str:
    implied = clause.param.implied
    loose: list[int] = []
    strict: dict[tuple[int, ...], list[int]] = {}
    for value in clause.values:
        key = _token_key(clause, value)
        if isinstance(value, values.Token) and value.code is not None and value.system is not None:
            systems = (index.system_key(value.system), *((0,) if value.system in implied else ()))
            strict.setdefault(systems, []).append(key)
        else:
            loose.append(key)
    parts = [
        f"{_equal('{x}.key', keys, p)} AND {_of_systems(systems, p)}" for systems, keys in strict.items()
    ]
    if loose:
        parts.append(_equal("{x}.key", loose, p))
    return _any(parts) if parts else "FALSE"


def _of_systems(systems: Sequence[int], p: Params) -> str:
    """The key says nearly all by itself. Said so that no index is looked through for it: the planner took the
    one by id, read whole, for the better one.
    """
    return _any([f"{{x}}.second IS NOT DISTINCT FROM {p(system)}" for system in systems])


def _target(value: values.Value) -> int:
    """The target of the reference row that a value asks for."""
    if isinstance(value, values.Token):
        return index.target_key(index.identifier_word(value.system, value.code or ""))
    assert isinstance(value, values.Reference)
    return index.target_key(value.reference.split("/_history/", 1)[0])


def _references(param: SearchParam, found: Sequence[values.Value], p: Params) -> str:
    targets = [_target(value) for value in found]
    key = p(index.range_key(param.rtype, param.code))
    return f"{{x}}.key = {key} AND {_equal('{x}.target', targets, p)}"


def compare_times(moment: values.Moment, p: Params, low: str = "low", high: str = "high") -> str:
    """SQL over two columns of `{x}` that hold a half open stretch of time."""
    moment = _widened(moment) if moment.prefix == "ap" else moment
    sql = _RANGES[moment.prefix].replace("{x}.low", f"{{x}}.{low}").replace("{x}.high", f"{{x}}.{high}")
    return sql.replace("{a}", p(moment.low)).replace("{b}", p(moment.high))


def _moment(value: values.Value, modifier: str, p: Params) -> str:
    assert isinstance(value, values.Moment)
    return compare_times(value, p)


def _widened(value: values.Moment) -> values.Moment:
    """`ap`: within a tenth of the distance between the date and today."""
    now = datetime.now(value.low.tzinfo)
    slack = abs(now - value.low) / 10
    low = value.low - slack if value.low - EARLIEST > slack else EARLIEST
    high = value.high + slack if LATEST - value.high > slack else LATEST
    return replace(value, low=low, high=high)


def _amount(param: SearchParam, value: values.Value, p: Params) -> str:
    assert isinstance(value, values.Amount)
    key = (index.base_key if value.based else index.range_key)(param.rtype, param.code)
    sql = _NUMBERS[value.prefix].replace("{n}", p(value.number))
    sql = sql.replace("{a}", p(value.low)).replace("{b}", p(value.high))
    unit = p(index.unit_key(value.system or "", value.code)) if value.code else ""
    return f"{{x}}.key = {p(key)} AND {f'{{x}}.unit = {unit} AND ' if unit else ''}{sql}"


def _near(param: SearchParam, value: values.Value, p: Params) -> str:
    """The row is a latitude within reach; the longitude beside it lies near enough on the sphere."""
    assert isinstance(value, values.Near)
    latitude, longitude = (
        p(index.range_key(param.rtype, f"{param.code}.{name}")) for name in ("latitude", "longitude")
    )
    reach = degrees(value.metres / GLOBE) + 1e-6
    at, y = p(value.latitude), p.alias()
    half = f"sin(radians({y}.low - {p(value.longitude)}) / 2) ^ 2"
    square = f"sin(radians({{x}}.low - {at}) / 2) ^ 2 + cos(radians({{x}}.low)) * cos(radians({at})) * {half}"
    return (
        f"{{x}}.key = {latitude} AND {{x}}.low >= {p(value.latitude - reach)}"
        f" AND {{x}}.low <= {p(value.latitude + reach)} AND EXISTS (SELECT 1 FROM index_number {y}"
        f" WHERE {y}.id = {{x}}.id AND {y}.key = {longitude}"
        f" AND {2 * GLOBE} * asin(sqrt(least(1, {square}))) <= {p(value.metres)})"
    )


def _string(value: values.Value, modifier: str, p: Params) -> str:
    assert isinstance(value, values.Text)
    folded = index.cut(index.fold(value.text))
    if modifier == "contains":
        return f"strpos({{x}}.value, {p(folded)}) > 0"
    return _beginning("{x}.value", folded, p)


def _uri(value: values.Value, modifier: str, p: Params) -> str:
    assert isinstance(value, values.Text)
    text = index.cut(value.text)
    if modifier == "below":
        return f"({{x}}.value = {p(text)} OR {_beginning('{x}.value', text.rstrip('/') + '/', p)})"
    if modifier == "above":
        return f"{{x}}.value = ANY({p(_above(text))})"
    return f"{{x}}.value = {p(text)}"


def _beginning(column: str, text: str, p: Params) -> str:
    """As a range, because LIKE would give up the index behind row-level security."""
    return f"{column} >= {p(text)} AND {column} < {p(text + _LAST)}"


def _above(text: str) -> list[str]:
    """The address and all that it lies under."""
    found, head = [text], text
    while "/" in head:
        head = head.rpartition("/")[0]
        found += [head, head + "/"]
    return found
