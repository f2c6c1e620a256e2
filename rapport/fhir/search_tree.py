"""What a query says, as frozen dataclasses. `search.parse` makes them; they refuse nothing themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

from rapport.fhir.definitions import SearchParam
from rapport.fhir.search_values import Value

#: Resources a page where the query does not say.
PAGE = 20
#: Modifiers of a token whose values name codes that have to be looked up first: see `Clause`.
LOOKED_UP = ("in", "not-in", "below", "above")


@dataclass(frozen=True, slots=True)
class Clause:
    """One parameter with its alternatives: any of `values` has to match.

    A token with a modifier of `LOOKED_UP` names value sets by address, or codes above or below which to look.
    Whoever runs the search puts the codes in their place first.
    """

    param: SearchParam
    values: tuple[Value, ...]
    modifier: str = ""

    @property
    def pointing(self) -> bool:
        """Whether its codes still have to be looked up."""
        return self.modifier in LOOKED_UP and self.param.type == "token"


@dataclass(frozen=True, slots=True)
class Chain:
    """`reference:target.rest`: the resource points by `param` to one of type `target` that fits `inner`."""

    param: SearchParam
    target: str
    inner: Condition


@dataclass(frozen=True, slots=True)
class Has:
    """`_has:Type:param:rest`: a resource of that type points here by `param` and fits `inner`."""

    param: SearchParam
    inner: Condition


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of the conditions holds: a chain over a reference to several types."""

    each: tuple[Condition, ...]


Condition = Clause | Chain | Has | Any


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key; `descending` for the latest or largest first."""

    param: SearchParam
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Include:
    """`_include=Type:param:target`: with each match comes what it points to; reversed, what points to it."""

    param: SearchParam
    target: str = ""
    iterate: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A query understood.

    conditions  all have to hold
    count       resources a page; 0 asks for the total only
    cursor      where the page begins, as an earlier answer gave it
    total       none | estimate | accurate
    summary     "" | true | text | data | count | false
    ignored     parameters left out because they are unknown (lenient handling)
    """

    rtype: str
    conditions: tuple[Condition, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int = PAGE
    cursor: str = ""
    total: str = "none"
    include: tuple[Include, ...] = ()
    revinclude: tuple[Include, ...] = ()
    summary: str = ""
    elements: tuple[str, ...] = ()
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @property
    def counts_only(self) -> bool:
        """Whether it asks how many match, and for none of them."""
        return self.count == 0 or self.summary == "count"

    @property
    def page_alone(self) -> bool:
        """Whether a page of what matches answers it: nothing comes along, nothing has to be counted."""
        return not (self.include or self.revinclude or self.counts_only) and self.total == "none"
