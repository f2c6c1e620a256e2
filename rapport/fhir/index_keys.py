"""Keys of index rows. Indexing and searching both use these, so they can't drift; see `index`."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from rapport.fhir.keys import hash64
from rapport.fhir.paths import Leaf

#: Characters kept of a text. A PostgreSQL index entry holds 2,704 bytes, and a character takes up to four.
STRING_LIMIT: Final = 500
#: Folding looks at no more than this of a long text.
FOLDED: Final = 8192


def cut(text: str) -> str:
    """A text or URI as the index keeps it."""
    return text[:STRING_LIMIT].replace("\x00", "")


def token_key(rtype: str, code: str, value: str) -> int:
    """Key of a token's code."""
    return hash64(rtype, code, value)


def system_key(system: str) -> int:
    """The second half of a token row: 0 when there is no system."""
    return hash64(system) if system else 0


def any_of_key(rtype: str, code: str, system: str) -> int:
    """Key of "has any code of this system"."""
    return hash64(rtype, code, "|" + system)


def of_type_key(rtype: str, code: str, system: str, kind: str, value: str) -> int:
    """Key of an identifier by the system and code of its type, and its value (`:of-type`)."""
    return hash64(rtype, code, "of-type", system, kind, value)


def exact_key(rtype: str, code: str, text: str) -> int:
    """Key of a string as written (`:exact`)."""
    return hash64(rtype, code, "=" + text)


def identifier_word(system: str | None, value: str) -> str:
    """What stands for a reference that names its target by identifier: of a system, of none (""), of any."""
    return f"identifier of any|{value}" if system is None else f"identifier|{system}|{value}"


@lru_cache(maxsize=8192)
def range_key(rtype: str, code: str) -> int:
    """Key of reference, date, number, quantity, string and uri rows."""
    return hash64(rtype, code)


@lru_cache(maxsize=8192)
def words_key(rtype: str, leaf: Leaf) -> int:
    """Key of the words beside the codes or references at a place (`:text`)."""
    return hash64(rtype, leaf.jsonpath, "words")


@lru_cache(maxsize=8192)
def base_key(rtype: str, code: str) -> int:
    """Key of quantities in base units."""
    return hash64(rtype, code, "base")


def unit_key(system: str, unit: str) -> int:
    """Key of a unit: with its system, or (system "") as code or printed unit; 0 for none."""
    return hash64(system, unit) if unit else 0


def pair(code: str, first: str) -> str:
    """The code under which a composite's last component is indexed beside a first component `first`."""
    return f"{code}\x1f{first}"


def token_words(system: str, value: str) -> tuple[str, ...]:
    """The ways to ask for one token: `code`, and `system|code` (`|code` when it has no system)."""
    return (value, f"{system}|{value}")


def fold(text: str) -> str:
    """Text as it is compared: no accents, no case, single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())
