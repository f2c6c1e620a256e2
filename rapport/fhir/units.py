"""Units of measure (UCUM): what a code is worth in base units, so that 4 g and 4000 mg can be compared.

    read("mg/dL")                       -> Unit(factor=1/100, dims=(("g", 1), ("m", -3)))
    canonical(Decimal("4"), "mg")       -> (Decimal("0.004"), "g")

Exact arithmetic on fractions. Prefixes, powers, products, quotients, parentheses and annotations are read;
temperature scales are shifted; logarithmic units (pH, dB) are not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Final

UCUM: Final = "http://unitsofmeasure.org"
LONGEST: Final = 100
#: Powers and sizes beyond these measure nothing, and would cost much to work out.
_POWER: Final = 30
_DIGITS: Final = 400
_EXACT: Final = Context(prec=34)

_BASES: Final = ("m", "s", "g", "rad", "K", "C", "cd")
_PREFIXES: Final = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
#: Units that take prefixes: symbol, number, unit.
_METRIC: Final = """
10* 10 1
10^ 10 1
mol 602213676000000000000000 1
sr 1 rad2
Hz 1 s-1
N 1 kg.m/s2
Pa 1 N/m2
J 1 N.m
W 1 J/s
A 1 C/s
V 1 J/C
F 1 C/V
Ohm 1 V/A
S 1 Ohm-1
Wb 1 V.s
T 1 Wb/m2
H 1 Wb/A
lm 1 cd.sr
lx 1 lm/m2
Bq 1 s-1
Gy 1 J/kg
Sv 1 J/kg
L 1 dm3
l 1 dm3
t 1000 kg
bar 100000 Pa
u 1.6605402e-24 g
eV 1.60217733e-19 J
cal 4.184 J
Cal 4184 J
kat 1 mol/s
U 1 umol/min
eq 1 mol
osm 1 mol
g% 1 g/dL
m[H2O] 9806.65 Pa
m[Hg] 133322 Pa
[iU] 1 [iU]
[IU] 1 [iU]
R 2.58e-4 C/kg
Ci 37000000000 Bq
P 1 dyn.s/cm2
dyn 1 g.cm/s2
St 1 cm2/s
"""
#: Units that do not.
_PLAIN: Final = """
% 1 10*-2
[ppth] 1 10*-3
[ppm] 1 10*-6
[ppb] 1 10*-9
[pi] 3.1415926535897932384626433832795028841971693993751058209749445923 1
min 60 s
h 60 min
d 24 h
wk 7 d
mo 30.4375 d
mo_j 30.4375 d
mo_g 30.436875 d
a 365.25 d
a_j 365.25 d
a_g 365.2425 d
deg 2 [pi].rad/360
' 1 deg/60
'' 1 '/60
gon 0.9 deg
ar 100 m2
har 100 ar
[in_i] 2.54 cm
[ft_i] 12 [in_i]
[yd_i] 3 [ft_i]
[mi_i] 5280 [ft_i]
[nmi_i] 1852 m
[sin_i] 1 [in_i]2
[sft_i] 1 [ft_i]2
[cin_i] 1 [in_i]3
[acr_us] 4046.872609874252 m2
[gal_us] 231 [in_i]3
[qt_us] 1 [gal_us]/4
[pt_us] 1 [qt_us]/2
[foz_us] 1 [pt_us]/16
[cup_us] 16 [tbs_us]
[tbs_us] 1 [foz_us]/2
[tsp_us] 1 [tbs_us]/3
[cup_m] 240 mL
[tbs_m] 15 mL
[tsp_m] 5 mL
[foz_m] 30 mL
[drp] 1 ml/20
[gr] 64.79891 mg
[lb_av] 7000 [gr]
[oz_av] 1 [lb_av]/16
[stone_av] 14 [lb_av]
[lbf_av] 4.4482216152605 N
[psi] 6894.757293168361 Pa
atm 101325 Pa
[Btu] 1055.05585262 J
[Cal] 4184 J
[HP] 745.6998715822702 W
[in_i'H2O] 249.08891 Pa
[in_i'Hg] 3386.3788 Pa
[diop] 1 /m
[mesh_i] 1 /[in_i]
[Ch] 1 mm/3
[hd_i] 4 [in_i]
[HPF] 1 1
[LPF] 100 1
[car_m] 0.2 g
"""
#: Each is its own dimension: nothing else is the same.
_OWN: Final = frozenset(
    """[arb'U] [USP'U] [CFU] [FFU] [PFU] [GPL'U] [MPL'U] [APL'U] [BAU] [AU] [Amb'a'1'U] [anti'Xa'U] [EID_50]
    [CCID_50] [TCID_50] [D'ag'U] [ELU] [EU] [Lf] [PNU] [iU] [knk'U] [mclg'U] [todd'U] [dye'U] [smgy'U]
    [bdsk'U] [ka'U] [beth'U] [hnsf'U] [MET] bit""".split()  # noqa: SIM905 - a list of words reads better
)
#: Scales with a zero of their own: kelvins a degree, degrees to absolute zero.
_SCALES: Final = {
    "Cel": (Fraction(1), Fraction("273.15")),
    "[degF]": (Fraction(5, 9), Fraction("459.67")),
    "[degR]": (Fraction(5, 9), Fraction(0)),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """What one of a unit is: `factor` of the base units in `dims`, counted from `shift` below zero."""

    factor: Fraction
    dims: tuple[tuple[str, int], ...] = ()
    shift: Fraction = Fraction(0)

    @property
    def code(self) -> str:
        """The base units as UCUM code: `g.m-3`, or `1`."""
        return ".".join(name + ("" if power == 1 else str(power)) for name, power in self.dims) or "1"


def _times(one: Unit, other: Unit, power: int = 1) -> Unit:
    dims = dict(one.dims)
    for name, count in other.dims:
        dims[name] = dims.get(name, 0) + count * power
    return Unit(one.factor * other.factor**power, tuple(sorted((n, c) for n, c in dims.items() if c)))


@cache
def _lines() -> dict[str, tuple[Fraction, str, bool]]:
    return {
        symbol: (Fraction(number), unit, metric)
        for table, metric in ((_METRIC, True), (_PLAIN, False))
        for symbol, number, unit in (line.split() for line in table.strip().splitlines())
    }


@cache
def _symbol(word: str) -> tuple[Unit, bool] | None:
    """One symbol without prefix, and whether it takes one."""
    if word in _BASES:
        return Unit(Fraction(1), ((word, 1),)), True
    if word in _OWN:
        return Unit(Fraction(1), ((word, 1),)), word == "[iU]"
    line = _lines().get(word)
    if line is None:
        return None
    base = _product(line[1])
    return Unit(base.factor * line[0], base.dims), line[2]


def _atom(word: str) -> Unit:
    found = _symbol(word)
    if found:
        return found[0]
    for size in (2, 1):
        found = _symbol(word[size:]) if word[:size] in _PREFIXES and len(word) > size else None
        if found and found[1]:
            unit = found[0]
            return Unit(unit.factor * Fraction(10) ** _PREFIXES[word[:size]], unit.dims)
    raise ValueError(word)


#: An annotation, a sign, a symbol, a number.
_TOKEN: Final = re.compile(r"\{[^{}]*\}|[./()]|10[*^]|(?:\[[^\]\s]*\]|[A-Za-z%'_])+|[+-]?\d+", re.ASCII)
_EXPONENT: Final = re.compile(r"[+-]?\d+")


def _product(text: str) -> Unit:
    words = list(_words(text))
    unit, rest = _term(words, 0)
    if rest != len(words):
        raise ValueError(text)
    return unit


def _words(text: str) -> Iterator[str]:
    """Signs, symbols and numbers; annotations fall out."""
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(text)
        at = match.end()
        if match[0][0] != "{":
            yield match[0]
        elif match.start() == 0 or text[match.start() - 1] in "./(":
            yield "1"


def _term(words: list[str], at: int) -> tuple[Unit, int]:
    """Factors with . and / between them, up to the end or a closing parenthesis."""
    total, power = Unit(Fraction(1)), 1
    if words[at : at + 1] == ["/"]:
        power, at = -1, at + 1
    while True:
        unit, at = _factor(words, at)
        total = _times(total, unit, power)
        if at >= len(words) or words[at] not in "./":
            return total, at
        power, at = (-1 if words[at] == "/" else 1), at + 1


def _factor(words: list[str], at: int) -> tuple[Unit, int]:
    if at >= len(words):
        raise ValueError("nothing")
    word, at = words[at], at + 1
    if word == "(":
        unit, at = _term(words, at)
        if words[at : at + 1] != [")"]:
            raise ValueError("parenthesis")
        return unit, at + 1
    if word.isdigit() and len(word) <= _POWER:
        return Unit(Fraction(int(word))), at
    unit = _atom(word)
    if at < len(words) and _EXPONENT.fullmatch(words[at]):
        power = int(words[at])
        if abs(power) > _POWER:
            raise ValueError("power")
        return _times(Unit(Fraction(1)), unit, power), at + 1
    return unit, at


def read(code: str) -> Unit | None:
    """The unit of a UCUM code; None when it is not one that is known here."""
    return _read(code) if 0 < len(code) <= LONGEST else None


@lru_cache(maxsize=2048)
def _read(code: str) -> Unit | None:
    scale = _SCALES.get(code)
    if scale:
        return Unit(scale[0], (("K", 1),), scale[1])
    try:
        return _product(code)
    except (ValueError, ZeroDivisionError):
        return None


def convert(value: Decimal, code: str) -> tuple[Fraction, Unit] | None:
    """A value in base units, exactly, with its unit; None when the unit is not known."""
    unit = read(code)
    if unit is None or not value.is_finite() or abs(value.adjusted()) > _DIGITS:
        return None
    return ((Fraction(value) + unit.shift) * unit.factor, unit)


def canonical(value: Decimal, code: str) -> tuple[Decimal, str] | None:
    """A value in base units to 34 digits, and their code; None when the unit is not known."""
    found = convert(value, code)
    if found is None:
        return None
    return _EXACT.divide(Decimal(found[0].numerator), Decimal(found[0].denominator)), found[1].code


def based(value: Decimal, code: str) -> tuple[float, str] | None:
    """A value in base units as the nearest float, and their code: what two amounts are compared by.

    None when the unit is not known, or when the value is beyond what a float can hold.
    """
    scale = _scale(code)
    if scale is None or not value.is_finite() or abs(value.adjusted()) > _DIGITS:
        return None
    top, bottom = value.as_integer_ratio()
    shift, factor, base = scale
    if shift:
        top, bottom = top * shift.denominator + shift.numerator * bottom, bottom * shift.denominator
    try:
        # Two whole numbers divide to the nearest float, as exact fractions do, many times faster.
        return (top * factor.numerator) / (bottom * factor.denominator), base
    except OverflowError:
        return None


@lru_cache(maxsize=2048)
def _scale(code: str) -> tuple[Fraction, Fraction, str] | None:
    """What to add, what to multiply by, and the base units, of a code."""
    unit = read(code)
    return (unit.shift, unit.factor, unit.code) if unit else None
