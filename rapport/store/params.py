"""Parameters of one statement under construction: named placeholders and fresh aliases."""

from __future__ import annotations

from typing import Any

from rapport.store.records import Filter


class Params:
    """Collects the values of a statement. Names begin with `q_`, so they never meet those of a filter.

    What becomes part of a filter has a prefix of its own, for its aliases too.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.values: dict[str, Any] = {}
        self._aliases = 0

    def __call__(self, value: Any) -> str:
        """The placeholder of a value."""
        name = f"{self._prefix or 'q_'}{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def alias(self) -> str:
        """An alias that this statement does not use yet."""
        self._aliases += 1
        return f"{self._prefix}x{self._aliases}"

    def filter(self, where: Filter, alias: str) -> str:
        """The filter over the rows of that alias, its parameters taken up."""
        self.values.update(where.params)
        return where.on(alias)
