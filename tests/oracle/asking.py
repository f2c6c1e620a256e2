"""Random queries. Their values are drawn from the resources, so that most of them find something."""

from __future__ import annotations

import re
from random import Random
from typing import Any, NamedTuple

from rapport.fhir.table import HEADINGS
from tests.oracle import matching
from tests.oracle.places import Found, find, resource
from tests.oracle.searching import Pairs, Param, World, params, ref, values
from tests.oracle.worlds import OURS, SOME, UCUM

Json = dict[str, Any]
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_SORTED = ("date", "string", "number", "quantity", "uri", "token")
_CODED = ("CodeableConcept", "Coding", "code")
_WORDED = ("CodeableConcept", "Coding", "Identifier", "Reference")


class Query(NamedTuple):
    """A type and its conditions; how the answer is sorted, cut in pages and what comes along."""

    rtype: str
    conditions: Pairs
    sort: str
    includes: Pairs
    count: int


def escaped(text: str) -> str:
    """The text with a backslash before every sign that has a meaning."""
    return re.sub(r"([,|$\\])", r"\\\1", text)


class Asker:
    """Makes queries about one world."""

    def __init__(self, world: World, dice: Random) -> None:
        self.world, self.dice, self.pick = world, dice, dice.choice
        self.types = sorted({one["resourceType"] for one in world.all} - {"Bundle"})
        self.by_type = {
            rtype: [one for one in world.all if one["resourceType"] == rtype] for rtype in self.types
        }
        #: Each condition made, by what it exercises: for the report.
        self.kinds: dict[str, int] = {}

    def query(self) -> Query:
        """One query."""
        rtype = self.pick(self.world.all)["resourceType"]
        while rtype == "Bundle":
            rtype = self.pick(self.types)
        conditions = [self.condition(rtype, 0) for _ in range(self.pick([0, 1, 1, 1, 1, 2, 2, 3]))]
        includes = [self.include(rtype) for _ in range(self.pick([0, 0, 0, 1, 2]))]
        sort = self.sort(rtype) if self.dice.random() < 0.4 else ""
        return Query(rtype, conditions, sort, [one for one in includes if one], self.pick([2, 5, 50]))

    # ------------------------------------------------------------ conditions

    def condition(self, rtype: str, depth: int) -> tuple[str, str]:
        """A name with its modifiers, and a value."""
        chance = self.dice.random()
        found = None
        if depth < 3 and chance < 0.16:
            found = self.chain(rtype, depth)
        elif depth < 3 and chance < 0.28:
            found = self.has(rtype, depth)
        return found or self.plain(rtype)

    def chain(self, rtype: str, depth: int) -> tuple[str, str] | None:
        """By a reference to what it points to."""
        links = [
            (param, end.partition("/")[0])
            for param in params(rtype).values()
            if param.type == "reference"
            for one in self.by_type.get(rtype, [])
            for end in self.world.pointed(one, param)
            if end in self.world.by_ref and end.partition("/")[0] in param.targets
        ]
        if not links:
            return None
        param, target = self.pick(links)
        name, text = self.condition(target, depth + 1)
        self.note("chain")
        code = name.partition(".")[0].partition(":")[0]
        kinds = {params(one)[code].type for one in param.targets if code in params(one)}
        loose = len(param.targets) < 5 and len(kinds) == 1 and ":" not in name and "." not in name
        loose = loose and kinds <= {"string", "date", "uri"}
        return (f"{param.code}.{name}" if loose else f"{param.code}:{target}.{name}"), text

    def has(self, rtype: str, depth: int) -> tuple[str, str] | None:
        """Against a reference of what points here."""
        links = [
            (one["resourceType"], param.code)
            for one in self.world.all
            for param in params(one["resourceType"]).values()
            if param.type == "reference" and one["resourceType"] != "Bundle" and rtype in param.targets
            if any(end.startswith(rtype + "/") for end in self.world.pointed(one, param))
        ]
        if not links:
            return None
        source, code = self.pick(links)
        name, text = self.condition(source, depth + 1)
        self.note("_has")
        return f"_has:{source}:{code}:{name}", text

    def plain(self, rtype: str) -> tuple[str, str]:
        """A parameter of the type itself."""
        if rtype in ("Patient", "Observation") and self.dice.random() < 0.02:
            self.note("_list")
            return "_list", str(self.dice.randint(1, 9))
        known = params(rtype)
        kinds = sorted({param.type for param in known.values()})
        for _ in range(40):
            kind = self.pick([*kinds, ""])  # rare kinds as often as common ones
            param = known[self.pick(sorted(code for code in known if kind in ("", known[code].type)))]
            found = (
                [each for one in self.by_type[rtype] for each in values(one, param)]
                if param.type != "composite"
                else []
            )
            if self.dice.random() < 0.06 and param.type != "composite":
                self.note(f"{param.type}:missing")
                return f"{param.code}:missing", self.pick(["true", "false"])
            made = self.composite(rtype, param) if param.type == "composite" else self.made(param, found)
            if made:
                modifier, texts = made
                self.note(f"{param.type}{':' + modifier if modifier else ''}")
                return param.code + (f":{modifier}" if modifier else ""), ",".join(texts)
        return "_id", self.pick(self.by_type[rtype])["id"]

    def note(self, kind: str) -> None:
        """Count what is exercised."""
        self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def made(self, param: Param, found: list[Found]) -> tuple[str, list[str]] | None:
        """A modifier and alternatives for a parameter that finds these values."""
        if not found:
            return None
        some = [self.pick(found) for _ in range(self.pick([1, 1, 1, 2]))]
        make = getattr(self, f"_{param.type}")
        modifier = self.modifier(param, some[0])
        texts = [text for each in some if (text := make(param, each, modifier))]
        return (modifier, texts) if texts else None

    def modifier(self, param: Param, found: Found) -> str:
        """A modifier that this value allows, mostly none."""
        if self.dice.random() < 0.55:
            return ""
        kind = param.type
        choices = {
            "token": ["not"],
            "string": ["exact", "contains"],
            "uri": ["below", "above"],
            "reference": ["identifier"],
        }.get(kind, [""])
        if kind == "token" and found.type == "Identifier":
            choices = ["not", "of-type", "text"]
        if kind == "token" and found.type in _CODED and param.code != "_id":
            choices = ["not", "in", "not-in", "below", "above"]
        if kind in ("token", "reference") and found.type in _WORDED:
            choices = [*choices, "text"]
        if kind == "reference" and found.type == "Reference" and len(param.targets) > 1:
            choices = [*choices, self.pick(param.targets)]
        return self.pick(choices)

    def _token(self, param: Param, found: Found, modifier: str) -> str:
        if modifier in ("in", "not-in"):
            codes = [HEADINGS[found.codes][0]] if found.codes in HEADINGS else []
            return escaped(self.pick([SOME["url"], *codes]))
        if modifier in ("above", "below"):
            return f"{OURS}|{self.pick(['a', 'a1', 'a2', 'b', 'c', 'none'])}"
        if modifier == "text":
            return self.beginning(matching_words(found))
        if modifier == "of-type":
            kinds = found.value.get("type", {}).get("coding", ()) if found.type == "Identifier" else ()
            kinds = [kind for kind in kinds if kind.get("system") and kind.get("code")]
            if not kinds or "value" not in found.value:
                return ""
            kind = self.pick(kinds)
            return "|".join(map(escaped, (kind["system"], kind["code"], found.value["value"])))
        pairs = [(system, code) for system, code in matching.codes(found) if code]
        if not pairs:
            return ""
        system, code = self.pick(pairs)
        if found.type == "ContactPoint" or param.code == "_id":
            return escaped(code)
        implied = sorted(matching.implied(found))
        forms = [escaped(code), escaped(code), f"{escaped(system)}|{escaped(code)}", f"|{escaped(code)}"]
        forms += [f"{escaped(system)}|"] if system else []
        forms += [f"{self.pick(implied)}|{escaped(code)}"] if implied else []
        forms += [f"urn:none|{escaped(code)}", escaped(code).swapcase()]
        return self.pick(forms)

    def _reference(self, param: Param, found: Found, modifier: str) -> str:
        value = found.value
        if found.type != "Reference":
            return (
                escaped(self.pick([value, value.partition("|")[0]]))
                if isinstance(value, str) and not modifier
                else ""
            )
        if modifier == "text":
            return self.beginning([value["display"]] if "display" in value else [])
        if modifier == "identifier":
            named = value.get("identifier", {})
            if "value" not in named:
                return ""
            system = self.pick([escaped(named.get("system", "")) + "|", "|", ""])
            return system + escaped(named["value"])
        text = value.get("reference", "").partition("/_history/")[0]
        if not text or text.startswith(("#", "urn:")):
            return ""
        if modifier or (self.dice.random() < 0.3 and text.count("/") == 1):
            return text.rpartition("/")[2]
        return text

    def _date(self, param: Param, found: Found, modifier: str) -> str:
        value = found.value
        if found.type == "Period":
            value = self.pick(list(map(str, value.values())))
        if found.type == "Timing":
            value = self.pick(value.get("event", [""]))
        if not isinstance(value, str) or not re.match(r"\d{4}", value):
            return ""
        if self.dice.random() < 0.5:
            value = value[: self.pick([4, 7, 10])]
        value = re.sub(r":60(?=Z|\+|-|\.|$)", ":59", value)
        return self.prefix() + value

    def _number(self, param: Param, found: Found, modifier: str) -> str:
        value = found.value
        if isinstance(value, dict):
            value = self.pick([end.get("value", 0) for end in value.values() if isinstance(end, dict)] or [0])
        return self.prefix() + self.digits(value) if isinstance(value, int | float) else ""

    def _quantity(self, param: Param, found: Found, modifier: str) -> str:
        value = found.value
        if found.type == "Range":
            value = self.pick([value[name] for name in ("low", "high") if name in value] or [{}])
        if found.type == "SampledData":
            value = value.get("origin", {})
        if "value" not in value:
            return ""
        text = self.prefix() + self.digits(value["value"])
        if found.type == "Money":
            return f"{text}|urn:iso:std:iso:4217|{value['currency']}" if "currency" in value else text
        code, unit = value.get("code", ""), value.get("unit", "")
        forms = [
            text,
            f"{text}||{escaped(code)}" if code else text,
            f"{text}||{escaped(unit)}" if unit else text,
        ]
        if code and value.get("system") == UCUM:
            worth = {"mg": ("g", 0.001), "g": ("kg", 0.001), "kg": ("mg", 10**6), "cm": ("m", 0.01)}.get(code)
            forms += [f"{text}|{UCUM}|{code}"] * 2
            if worth:
                forms += [f"{self.prefix()}{self.digits(value['value'] * worth[1])}|{UCUM}|{worth[0]}"] * 3
        return self.pick(forms)

    def _string(self, param: Param, found: Found, modifier: str) -> str:
        texts = [text for text in matching.texts(found) if matching.folded(text)]
        if modifier == "exact":
            return escaped(self.pick(texts)) if texts else ""
        if modifier == "contains" and texts:
            text = matching.folded(self.pick(texts))
            at = self.dice.randrange(len(text))
            piece = text[at : at + self.pick([2, 4])].strip()
            return escaped(piece)
        return self.beginning(texts)

    def _uri(self, param: Param, found: Found, modifier: str) -> str:
        text = found.value.partition("|")[0] if self.dice.random() < 0.5 else found.value
        if modifier == "below" and "/" in text[10:]:
            text = text.rpartition("/")[0] + self.pick(["", "/"])
        return escaped(text + ("/more" if modifier == "above" and self.dice.random() < 0.5 else ""))

    def _special(self, param: Param, found: Found, modifier: str) -> str:
        at = found.value
        distance = self.pick(["", "|5", "|8|km", "|3000|m", "|4|[mi_i]"])
        return f"{at['latitude'] + 0.01:.4f}|{at['longitude']:.4f}{distance}"

    def composite(self, rtype: str, param: Param) -> tuple[str, list[str]] | None:
        """Values of all parts out of one place, or of two places."""
        places = [
            (place, resource(one))
            for one in self.by_type[rtype]
            for place in find(param.expression, resource(one))
        ]
        if not places:
            return None
        texts = []
        here = self.pick(places)
        for name, words in param.rest[0]:
            place, whole = self.pick(places) if self.dice.random() < 0.15 else here
            found = find(words, place, whole)
            if not found:
                return None
            each = self.pick(found)
            kind = (
                "reference"
                if each.type == "Reference"
                else "token"
                if each.type == "code"
                else params(rtype)[name].type
            )
            part = params(rtype).get(name, param)
            text = getattr(self, f"_{kind}")(part, each, "")
            if not text or (kind == "reference" and "/" not in text) or text.endswith("|"):
                return None
            texts.append(text)
        return "", ["$".join(texts)]

    def beginning(self, texts: list[str]) -> str:
        """The first letters of one of the texts, in another case perhaps."""
        if not texts:
            return ""
        text = self.pick(texts)[: self.pick([1, 3, 5, 40])]
        return escaped(self.pick([text, text.upper(), text.lower()])) if matching.folded(text) else ""

    def prefix(self) -> str:
        return self.pick(PREFIXES) if self.dice.random() < 0.7 else ""

    def digits(self, value: float) -> str:
        """A number written with more or fewer digits; never more than a double can tell apart."""
        return self.pick([f"{value:.12g}", f"{value:.1f}", f"{value:.0f}", f"{value:.3e}"])

    # ------------------------------------------------------------ the answer

    def sort(self, rtype: str) -> str:
        """One to three keys."""
        known = [
            param
            for param in params(rtype).values()
            if param.type in _SORTED and ".exists()" not in param.expression
        ]
        there = [p for p in known if any(values(one, p) for one in self.by_type[rtype])] or known
        keys = self.dice.sample(there, min(len(there), self.pick([1, 1, 2, 3])))
        self.note("_sort")
        return ",".join(self.pick(["", "-"]) + param.code for param in keys)

    def include(self, rtype: str) -> tuple[str, str] | None:
        """What comes along: something that is pointed to, or that points."""
        iterate = self.pick(["", "", ":iterate"])
        source = self.pick(self.types) if iterate or self.dice.random() < 0.5 else rtype
        known = [param for param in params(source).values() if param.type == "reference"]
        if not known:
            return None
        if self.dice.random() < 0.06:
            self.note("_include *")
            return self.pick([("_include", "*"), ("_include", f"{rtype}:*"), ("_revinclude", f"{source}:*")])
        param = self.pick(known)
        name = (
            "_include"
            if source == rtype and self.dice.random() < 0.7
            else self.pick(["_include", "_revinclude"])
        )
        target = f":{self.pick(param.targets)}" if param.targets and self.dice.random() < 0.3 else ""
        self.note(name + iterate)
        return name + iterate, f"{source}:{param.code}{target}"


def matching_words(found: Found) -> list[str]:
    """The words beside a code."""
    value = found.value
    if found.type == "CodeableConcept":
        texts = [value.get("text"), *(one.get("display") for one in value.get("coding", ()))]
    elif found.type == "Identifier":
        texts = [value.get("type", {}).get("text")]
    else:
        texts = [value.get("display")] if isinstance(value, dict) else []
    return [text for text in texts if text]


__all__ = ["Asker", "Query", "escaped", "ref"]
