"""The XHTML of a narrative: well-formed, and nothing in it but text, tables, lists, links and pictures.

R4 allows chapters 7-11 and 15 of HTML 4, `a`, `img` and `style`; no script, form, frame, object, event
or outside style sheet. Names of entities beyond XML's five do not exist. A list of what is allowed, so that
what is new is refused.
"""

from __future__ import annotations

import re
from typing import Any, Final
from xml.parsers import expat

XHTML: Final = "http://www.w3.org/1999/xhtml"
DEPTH: Final = 64

ELEMENTS: Final = frozenset(
    """a abbr acronym address b big blockquote br caption cite code col colgroup dd del dfn div dl dt em
    h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q samp small span strong sub sup table tbody td tfoot
    th thead tr tt u ul var map area center font bdo""".split()  # noqa: SIM905 - a list of words reads better
)
ATTRIBUTES: Final = frozenset(
    """abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff
    charset cite class color cols colspan compact coords datetime dir face frame headers height href hreflang
    hspace id ismap lang longdesc name noshade nowrap rel rev rows rowspan rules scope shape size span src
    start style summary tabindex target title type usemap valign value vspace width xml:lang xmlns""".split()  # noqa: SIM905
)
_LINKS: Final = frozenset({"href", "src", "longdesc", "cite", "usemap"})
_SCHEMES: Final = re.compile(r"(?:https?:|mailto:|tel:|urn:|cid:|data:image/|#|[^:]*$|[^:]*[/?#])", re.I)
#: A style may name a picture in the same place or of its own, nothing else.
_STYLE: Final = re.compile(
    r"expression|script|behaviou?r|@|\\|-moz-binding|url\s*\((?!\s*['\"]?(?:data:image/|[\w.\-][\w.\-/]*['\"]?\s*\)))",
    re.I,
)


class _Bad(Exception):
    """The first thing that is wrong."""


def problem(div: Any) -> str:
    """What is wrong with a narrative's `div`; '' when it may be kept and shown. Never raises."""
    if type(div) is not str or not div.strip():
        return "must be an XHTML div"
    if "<!" in div.replace("<!--", "") or "<?" in div:
        return "must not hold a document type, a CDATA section or a processing instruction"
    reader = _Reader()
    try:
        reader.parser.Parse(div.encode("utf-8"), True)
    except _Bad as bad:
        return str(bad)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        return f"is not well-formed XHTML ({error})"
    return "" if reader.filled else "must hold some text or a picture"


class _Reader:
    """Walks the elements once."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.depth = 0
        self.filled = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if self.depth == 0 and (name != "div" or attributes.get("xmlns") != XHTML):
            raise _Bad(f'must be one <div xmlns="{XHTML}">')
        self.depth += 1
        if self.depth > DEPTH:
            raise _Bad("is nested too deeply")
        if name not in ELEMENTS:
            raise _Bad(f"must not hold the element <{name[:40]}>")
        self.filled |= name == "img"
        for key, value in attributes.items():
            _check(name, key, value)

    def end(self, name: str) -> None:
        """An element ends."""
        self.depth -= 1

    def text(self, data: str) -> None:
        """Text between elements."""
        self.filled |= bool(data.strip())


def _check(element: str, key: str, value: str) -> None:
    if key not in ATTRIBUTES or (key == "xmlns" and value != XHTML):
        raise _Bad(f"must not hold the attribute {key[:40]} on <{element}>")
    link = value.lstrip().lower() if key in _LINKS else ""
    if link and (not _SCHEMES.match(link) or (element != "img" and link.startswith("data:"))):
        raise _Bad(f"must not hold the link {value[:60]!r}")
    if key == "style" and _STYLE.search(value):
        raise _Bad("must not load or run anything from a style")
