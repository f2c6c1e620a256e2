"""Import: files become parcels, and a parcel is taken whole or refused whole, through the door.

A parcel is a bundle, or some lines of an NDJSON file. Its content's hash is kept in the transaction that
stores it, so that the same again is left alone and a stopped import goes on where it was. Bundles are taken
as their requests say, a batch like a transaction; every other resource is stored under the id it has.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec
import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.outcomes import Refused
from rapport.store.bulk import take_stock

from .door import Door
from .entries import Asked, Entry
from .sources import Source, Unreadable

#: Lines of an NDJSON file that are taken together. If one of them is refused, each is taken by itself.
LINES = 500
#: How often a parcel is tried that others' changes get in the way of.
TRIES = 5
_PLACE = re.compile(r"^Bundle\.entry\[(\d+)\](?:\.[\w.\[\]]+)?:\s*")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was not taken: the file, where in it ("entry 3", "line 12", or nothing), and why."""

    file: str
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}{', ' + self.place if self.place else ''}: {self.reason}"


@dataclass(slots=True)
class Counts:
    """How it went: resources stored, unchanged and refused, bundles (or files) taken, and each refusal."""

    stored: int = 0
    unchanged: int = 0
    refused: int = 0
    bundles: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, refusal: Refusal, resources: int = 1) -> None:
        """Count a refusal of so many resources; what can't be read counts as one."""
        self.refused += max(resources, 1)
        self.refusals.append(refusal)

    def add(self, more: Counts) -> None:
        """Add what came of a part."""
        self.stored += more.stored
        self.unchanged += more.unchanged
        self.refused += more.refused
        self.bundles += more.bundles
        self.refusals += more.refusals


@dataclass(frozen=True, slots=True)
class Parcel:
    """Some entries that are taken together. `places` tells where each stands in the file."""

    file: str
    content: bytes
    entries: Sequence[Entry]
    places: Sequence[str]


class _Loose(msgspec.Struct, rename="camel"):
    """Bundle.entry, whether or not it asks for something."""

    full_url: str | None = None
    request: Asked | None = None
    resource: msgspec.Raw = msgspec.Raw()


class _Envelope(msgspec.Struct, rename="camel"):
    """Any resource; a Bundle has entries."""

    resource_type: str
    id: str = ""
    type: str = ""
    entry: list[_Loose] = []


_decoder = msgspec.json.Decoder(_Envelope)


@dataclass(frozen=True, slots=True)
class Job:
    """A file's content, or some lines of it with their numbers (`texts` without, in the same order)."""

    name: str
    texts: Sequence[bytes]
    numbers: Sequence[int] = ()

    @property
    def contents(self) -> list[bytes]:
        """The hashes by which it is known."""
        return [_hash(text) for text in self.texts]


def jobs_of(source: Source | Unreadable, counts: Counts) -> Iterator[Job]:
    """What there is to do about a file; what can't be read is counted as refused."""
    if isinstance(source, Unreadable):
        counts.refuse(Refusal(source.name, "", str(source)))
        return
    try:
        raw = source.read().removeprefix(b"\xef\xbb\xbf")
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile) as broken:
        counts.refuse(Refusal(source.name, "", f"The file can't be read: {broken}."))
        return
    if not source.lines:
        yield Job(source.name, (raw,))
        return
    for lines in _chunks(raw):
        yield Job(source.name, [line for _, line in lines], [number for number, _ in lines])


class Import(Door):
    """A door that takes parcels."""

    def take(self, source: Source | Unreadable, counts: Counts) -> None:
        """Take one file, and count."""
        for job in jobs_of(source, counts):
            self.do(job, counts)

    def do(self, job: Job, counts: Counts) -> None:
        """Take a whole file or some lines, and count."""
        if job.numbers:
            self.lines(job.name, list(zip(job.numbers, job.texts, strict=True)), counts)
            return
        (raw,), (content,) = job.texts, job.contents
        known = self._known([content])
        if known:
            counts.unchanged += known[content]
            return
        try:
            parcel = _parcel(job.name, raw, content)
        except Refused as refused:
            counts.refuse(_refusal(job.name, ("",), refused))
            return
        self._whole(parcel, counts)

    def end(self, counts: Counts) -> None:
        """After the last file: searches shall be as quick as they can be from now on."""
        if counts.stored > LINES:
            take_stock(self.conn)

    def lines(self, name: str, lines: Sequence[tuple[int, bytes]], counts: Counts) -> None:
        """Take some lines of a file with their numbers, together; if that is refused, one by one."""
        whole = _hash(b"\n".join(line for _, line in lines))
        hashes = [_hash(line) for _, line in lines]
        known = self._known([whole, *hashes])
        if whole in known:
            counts.unchanged += known[whole]
            return
        parcels: list[Parcel] = []
        for (number, line), content in zip(lines, hashes, strict=True):
            if content in known:
                counts.unchanged += known[content]
                continue
            try:
                parcels.append(_parcel(name, line, content, f"line {number}"))
            except Refused as refused:
                counts.refuse(_refusal(name, (f"line {number}",), refused))
        entries = [entry for parcel in parcels for entry in parcel.entries]
        places = [place for parcel in parcels for place in parcel.places]
        together = Parcel(name, whole, entries, places)
        all_of_it = len(parcels) == len(lines)
        if all_of_it and isinstance(self._store(together, counts), int):
            counts.bundles += 1
            return
        for parcel in parcels:
            self._whole(parcel, counts)

    def _whole(self, parcel: Parcel, counts: Counts) -> None:
        """Take a parcel or refuse it, and count."""
        found = self._store(parcel, counts)
        if isinstance(found, Refused):
            counts.refuse(_refusal(parcel.file, parcel.places, found), len(parcel.entries))
        else:
            counts.bundles += 1

    def _store(self, parcel: Parcel, counts: Counts) -> int | Refused:
        """Store a parcel in one unit, with the hash of its content. How many were stored, or why not.

        Where it and somebody else's change wait for one another PostgreSQL ends one: it is tried again.
        """
        for _ in range(TRIES):
            try:
                stored = self._once(parcel)
            except (DeadlockDetected, SerializationFailure):
                continue
            if isinstance(stored, int):
                counts.stored += stored
                counts.unchanged += len(parcel.entries) - stored
            return stored
        return Refused("busy", "Others change the same all the time.", "Import it again.")

    def _once(self, parcel: Parcel) -> int | Refused:
        try:
            with self.unit(f"import of {parcel.file}"):
                self._together(list(parcel.entries), None, False)
                work = self._shared.work
                assert work is not None
                stored = sum(entity[0] in "cud" for entity in work.trail.entities)
                self.conn.execute(
                    "INSERT INTO imported (content, name, resources) VALUES (%s, %s, %s)",
                    (parcel.content, parcel.file, len(parcel.entries)),
                )
        except Refused as refused:
            return refused
        except (psycopg.DataError, psycopg.IntegrityError, RecursionError) as broken:
            return Refused("invalid", f"It can't be stored: {broken}")
        return stored

    def _known(self, hashes: Sequence[bytes]) -> dict[bytes, int]:
        """Those of the hashes that were imported before, with how many resources they brought."""
        rows = self.conn.execute(
            "SELECT content, resources FROM imported WHERE content = ANY(%s)", (list(hashes),)
        )
        return {bytes(row[0]): row[1] for row in rows}


def _hash(raw: bytes) -> bytes:
    return blake2b(raw, digest_size=32).digest()


def _chunks(raw: bytes) -> Iterator[list[tuple[int, bytes]]]:
    """Lines with their numbers, blank ones left out, a chunk at a time."""
    lines = [(number, line.strip()) for number, line in enumerate(raw.split(b"\n"), 1) if line.strip()]
    for start in range(0, len(lines), LINES):
        yield lines[start : start + LINES]


def _parcel(name: str, raw: bytes, content: bytes, place: str = "") -> Parcel:
    """The entries of a file or line: those of a Bundle, else the resource itself."""
    try:
        plain = msgspec.json.format(raw, indent=-1)
        envelope = _decoder.decode(plain)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        raise _unread(broken) from broken
    if envelope.resource_type != "Bundle":
        return Parcel(name, content, [_kept(plain)], [place])
    asks = envelope.type in ("transaction", "batch")
    entries = [_asked(number, entry, asks) for number, entry in enumerate(envelope.entry)]
    prefix = f"{place}, " if place else ""
    return Parcel(name, content, entries, [f"{prefix}entry {number}" for number in range(len(entries))])


def _unread(broken: Exception) -> Refused:
    return Refused("invalid", f"This can't be read as FHIR: {broken}.", "Give FHIR R4 as JSON.")


def _asked(number: int, entry: _Loose, asks: bool) -> Entry:
    if not asks:
        return _kept(bytes(entry.resource), entry.full_url)
    if entry.request is None:
        text = f"Bundle.entry[{number}]: The entry has no request."
        raise Refused("invalid", text, "Say what to do with it.")
    return Entry(entry.request, entry.full_url, entry.resource)


def _kept(raw: bytes, full_url: str | None = None) -> Entry:
    """An entry that stores a resource under its own id, or under a new one if it has none."""
    try:
        head = _decoder.decode(raw)
    except msgspec.DecodeError as broken:
        raise _unread(broken) from broken
    if head.resource_type not in TYPE_NUMBERS:
        raise Refused(
            "invalid", f"FHIR R4 has no resource type {head.resource_type}.", "Give an R4 resource."
        )
    asked = Asked("PUT", f"{head.resource_type}/{head.id}") if head.id else Asked("POST", head.resource_type)
    return Entry(asked, full_url, msgspec.Raw(raw))


def _refusal(file: str, places: Sequence[str], refused: Refused) -> Refusal:
    """Where in the file it was, and what was wrong."""
    found = _PLACE.match(refused.text)
    place = places[0] if len(places) == 1 else ""
    if found and not place:
        number = int(found[1])
        place = (places[number] if number < len(places) else "") or f"entry {number}"
    text = refused.text[found.end() :] if found else refused.text
    if len(refused.issues) > 1:
        text += f" (and {len(refused.issues) - 1} more)"
    return Refusal(file, place, text)
