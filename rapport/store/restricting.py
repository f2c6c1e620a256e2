"""A search as a filter: only what it finds. Made for scopes that are limited by a query."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qsl

from rapport.fhir import search as grammar
from rapport.fhir.keys import hash64
from rapport.fhir.outcomes import Refused
from rapport.store.compiling import Compiler
from rapport.store.params import Params
from rapport.store.records import NOTHING, Filter

#: A limit says what has to be there. What is not there may be missing by mistake, so it opens nothing.
_MODIFIERS = {"", "exact", "identifier", "of-type", "below"}


@lru_cache(maxsize=1024)
def restriction(rtype: str, query: str) -> Filter:
    """The filter of what a search of a type finds now; past versions never pass it.

    Plain conditions only: what other resources say opens nothing. Refused("invalid") for any other query.
    """
    search = grammar.parse(rtype, parse_qsl(query, keep_blank_values=True, strict_parsing=False))
    plain = [one for one in search.conditions if isinstance(one, grammar.Clause)]
    plain = [one for one in plain if one.modifier in _MODIFIERS and one.param.type != "composite"]
    plain = [one for one in plain if not one.pointing]  # what it points to may change without a word
    if not plain or search != grammar.Search(rtype, tuple(plain)):
        raise Refused(
            "invalid",
            f"{query[:200]!r} cannot limit a scope.",
            "Use plain conditions such as category=laboratory.",
        )
    p = Params(f"only_{hash64('restriction', rtype, query) & 0xFFFFFFFF:08x}_")
    compiler = Compiler(lambda _: NOTHING, p)
    tests = [compiler.test(compiler.compile(one), "{t}") for one in plain]
    found = Filter(f"({' AND '.join(tests)})", p.values, present=True)
    found.on("t")  # braces that are not ours would break here, and not in a query
    return found
