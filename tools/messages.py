"""Message catalogues: `python tools/messages.py extract | update | compile | check`.

extract   print every string of the product, as a template (.pot)
update    bring the catalogue of each language up to date (new strings come empty)
compile   write the .mo files that Django reads (the build does it too)
check     say what is missing or stale; exit code 1 if anything is
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "rapport" / "ui" / "locale"
#: English is the source: its catalogue only says some sentences of Django and allauth in our words.
LANGUAGES = ("en", "es", "fr")
BORROWED = "rapport/ui/borrowed.py"
KEYWORDS: dict[str, tuple[Any, ...] | None] = {
    "_": None,
    "lazy": None,
    "say": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def _of_template(path: Path) -> Iterator[tuple[int, Any, list[str], Any]]:
    """Strings of a Django template: Django turns it into calls, Babel reads the calls."""
    from django.utils.translation.template import templatize

    calls = templatize(path.read_text("utf-8"), origin=str(path))
    flat = "\n".join(line.strip() for line in calls.splitlines())
    yield from extract("python", io.BytesIO(flat.encode()), keywords=KEYWORDS)


def _in_f_strings(path: Path) -> Iterator[tuple[int, Any, list[str], Any]]:
    """Strings of calls inside an f-string: before Python 3.12 Babel reads it as one plain string."""
    for joined in ast.walk(ast.parse(path.read_text("utf-8"))):
        for call in ast.walk(joined) if isinstance(joined, ast.JoinedStr) else ():
            name = getattr(call.func, "id", "") if isinstance(call, ast.Call) else ""
            if name not in KEYWORDS:
                continue
            words = [part.value for part in call.args if isinstance(part, ast.Constant)]  # type: ignore[attr-defined]
            context = words.pop(0) if "pgettext" in name and words else None
            if words:
                yield call.lineno, tuple(words[:2]) if name.startswith("n") else words[0], [], context  # type: ignore[attr-defined]


def _of_refusals(path: Path) -> Iterator[tuple[int, Any, list[str], Any]]:
    """Sentences that the page translates: of `Refused(…)`, and those of RULES."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        found: list[ast.expr] = []
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused":
            found = node.args[1:3]
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "RULES":
            found = [part for one in getattr(node.value, "values", []) for part in one.elts]
        for part in found:
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value:
                yield part.lineno, part.value, [], None


def _speaks(path: Path) -> bool:
    """Whether a file uses gettext: elsewhere `say` and `_` are other things."""
    return "gettext" in path.read_text("utf-8")


def _on_pages(path: Path) -> bool:
    """Whether what this file refuses can reach a page: the API and the terminal speak English."""
    place = path.relative_to(ROOT / "rapport")
    rooms = place.parts[0] in ("people", "pillars", "home") or place.as_posix() == "fhir/outcomes.py"
    return rooms and "management" not in place.parts and path.stem not in ("tokens", "oauth")


def extract_all() -> Catalog:
    """Every string of the product, in the order of the files."""
    from django.conf import settings

    if not settings.configured:
        settings.configure()
    catalogue = Catalog(project="Rapport", version="", charset="utf-8", fuzzy=False)
    for path in sorted((ROOT / "rapport").rglob("*")):
        if path.suffix == ".html" and "gallery" not in path.name:
            found: Any = _of_template(path)
        elif path.suffix == ".py" and "/migrations/" not in path.as_posix() and path.name != "gallery.py":
            found = ()
            if _speaks(path):
                found = [*extract_from_file("python", path, keywords=KEYWORDS), *_in_f_strings(path)]
            if _on_pages(path):
                found = [*found, *_of_refusals(path)]
        else:
            continue
        place = path.relative_to(ROOT).as_posix()
        for _line, message, _comments, context in found:
            flags = ["python-format"] if re.search(r"%\(\w+\)s|%s", str(message)) else []
            catalogue.add(message, locations=[(place, None)], flags=flags, context=context)
    return catalogue


def _wanted(language: str, source: Catalog) -> Catalog:
    """The strings that a language's catalogue must have."""
    if language != "en":
        return source
    borrowed = Catalog(project="Rapport", version="", charset="utf-8", fuzzy=False)
    for message in source:
        if message.id and any(place == BORROWED for place, _ in message.locations):
            borrowed.add(
                message.id, locations=[(BORROWED, None)], flags=message.flags, context=message.context
            )
    return borrowed


def _text(catalogue: Catalog) -> str:
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=110, sort_by_file=True, include_lineno=False, omit_header=False)
    # When it was written is what the repository knows; here it would only make noise.
    noise = "POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid.*"
    text = re.sub(rf'^"({noise}): .*\n', "", buffer.getvalue().decode(), flags=re.M)
    return re.sub(r"\A(#.*\n)+", "", text)


def write(language: str, catalogue: Catalog) -> None:
    """Replace the source of a language's catalogue."""
    path_of(language).parent.mkdir(parents=True, exist_ok=True)
    path_of(language).write_text(_text(catalogue), "utf-8")


def path_of(language: str) -> Path:
    """The source of a language's catalogue."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """The catalogue of a language as it stands; an empty one before there is any."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, project="Rapport", version="", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Bring each catalogue up to date with the strings of the product. What is gone from the product goes."""
    source = extract_all()
    for language in LANGUAGES:
        catalogue = read(language)
        catalogue.fuzzy = False
        catalogue.update(_wanted(language, source), no_fuzzy_matching=True, update_header_comment=False)
        catalogue.obsolete.clear()
        write(language, catalogue)


def compile_all(root: Path = ROOT) -> list[Path]:
    """Write a .mo beside every .po; returns the files written."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    from hatch_build import compile_catalogues

    return compile_catalogues(root)


def _holes(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]|{\w*}|</?\w+[^>]*>", text))


def troubles() -> list[str]:
    """What is wrong with the catalogues: untranslated strings, stale ones, holes that differ."""
    source, found = extract_all(), []
    for language in LANGUAGES:
        catalogue = read(language)
        wanted = {(one.context, one.id) for one in _wanted(language, source) if one.id}
        there = {(message.context, message.id) for message in catalogue if message.id}
        found += [f"{language}: not in the catalogue: {key}" for key in sorted(map(str, wanted - there))]
        found += [f"{language}: no longer in the product: {key}" for key in sorted(map(str, there - wanted))]
        for message in catalogue:
            if not message.id:
                continue
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            if not all(texts) or "fuzzy" in message.flags:
                found.append(f"{language}: not translated: {ids[0]!r}")
            elif any(_holes(text) != _holes(ids[-1]) and _holes(text) != _holes(ids[0]) for text in texts):
                found.append(f"{language}: other holes: {ids[0]!r}: {texts[0]!r}")
    return found


def main(words: list[str]) -> int:
    """Run one command; 0 when all is well, 1 when something is missing, 2 for wrong use."""
    match words:
        case ["extract"]:
            print(_text(extract_all()))
        case ["update"]:
            update()
        case ["compile"]:
            compile_all()
        case ["check"]:
            found = troubles()
            print("\n".join(found) or "All is translated.")
            return 1 if found else 0
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
