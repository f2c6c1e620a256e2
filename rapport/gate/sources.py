"""Files to import: plain, compressed, in directories and in archives, in an order that resolves references.

Directories and archives are taken by name, those of shared data first (as Synthea names them), and what is
neither .json nor .ndjson in them is passed over. A file that is named itself must be one of these.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_KINDS = (".json", ".ndjson")
_TARS = (".tar", ".tar.gz", ".tgz")
#: A compressed file is read into memory; a small one may unpack to more than there is.
LARGEST = 256 * 1024 * 1024  # bytes
_SHARED = ("hospitalinformation", "practitionerinformation")


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its name as a person finds it again, how to read it, how many files its path holds."""

    name: str
    read: Callable[[], bytes]
    among: int = 1

    @property
    def lines(self) -> bool:
        """Whether it holds one resource a line."""
        return self.name.removesuffix(".gz").lower().endswith(".ndjson")


class Unreadable(Exception):
    """A path that can't be imported, and why."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


def sources(paths: Iterable[Path]) -> Iterator[Source | Unreadable]:
    """Every file to import, those of each path in order. What can't be opened comes as an `Unreadable`."""
    for path in paths:
        try:
            yield from _of(path)
        except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as broken:
            yield Unreadable(str(path), f"The file can't be read: {_said(broken)}.")


def _said(broken: BaseException) -> str:
    return (getattr(broken, "strerror", None) or str(broken) or type(broken).__name__).rstrip(".")


def _of(path: Path) -> Iterator[Source | Unreadable]:
    name = path.name.lower()
    if path.is_dir():
        files = [file for file in path.rglob("*") if file.is_file() and _known(file.name)]
        for file in sorted(files, key=lambda file: _order(file.relative_to(path).as_posix())):
            yield _plain(file, len(files))
        for archive in sorted(file for file in path.rglob("*") if _is_archive(file)):
            yield from _of(archive)
    elif name.endswith(_TARS):
        yield from _of_tar(path)
    elif name.endswith(".zip"):
        yield from _of_zip(path)
    elif _known(name):
        yield _plain(path)
    else:
        yield Unreadable(str(path), "This is no .json, .ndjson, .tar.gz or .zip file.")


def _is_archive(path: Path) -> bool:
    return path.name.lower().endswith((*_TARS, ".zip")) and not path.name.startswith(".") and path.is_file()


def _known(name: str) -> bool:
    plain = PurePosixPath(name).name
    return plain.lower().removesuffix(".gz").endswith(_KINDS) and not plain.startswith(".")


def _order(name: str) -> tuple[str, bool, str]:
    path = PurePosixPath(name)
    return str(path.parent), not path.name.lower().startswith(_SHARED), path.name


def _plain(path: Path, among: int = 1) -> Source:
    path.stat()  # a file that is not there is said before it is read
    return Source(str(path), lambda: _opened(path.name, path.read_bytes()), among)


def _of_zip(path: Path) -> Iterator[Source]:
    with zipfile.ZipFile(path) as archive:
        members = [each for each in archive.infolist() if not each.is_dir() and _known(each.filename)]
        for member in sorted(members, key=lambda member: _order(member.filename)):

            def read(member: zipfile.ZipInfo = member) -> bytes:
                _bounded(member.file_size)  # no more than this is unpacked, whatever is in it
                return _opened(member.filename, archive.read(member))

            yield Source(f"{path}!{member.filename}", read, len(members))


def _of_tar(path: Path) -> Iterator[Source]:
    """A tar can only be read forwards. Where its files are not in order, they are laid out on disk first."""
    with tarfile.open(path) as archive:
        names = [member.name for member in archive if member.isfile() and _known(member.name)]
    if names == sorted(names, key=_order):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and _known(member.name):
                    yield _member(path, archive, member, len(names))
    else:
        yield from _laid_out(path, sorted(names, key=_order))


def _member(path: Path, archive: tarfile.TarFile, member: tarfile.TarInfo, among: int) -> Source:
    def read() -> bytes:
        _bounded(member.size)
        file = archive.extractfile(member)
        return _opened(member.name, file.read() if file else b"")

    return Source(f"{path}!{member.name}", read, among)


def _laid_out(path: Path, names: list[str]) -> Iterator[Source]:
    with tempfile.TemporaryDirectory(prefix="rapport-import-") as place, tarfile.open(path) as archive:
        laid: dict[str, tuple[Path, int]] = {}
        for number, member in enumerate(archive):
            file = archive.extractfile(member) if member.isfile() and _known(member.name) else None
            if file is None:
                continue
            laid[member.name] = Path(place) / str(number), member.size
            if member.size <= LARGEST:
                with laid[member.name][0].open("wb") as copy:
                    while block := file.read(1 << 20):
                        copy.write(block)
        for name in dict.fromkeys(names):

            def read(name: str = name) -> bytes:
                path, size = laid[name]
                _bounded(size)
                return _opened(name, path.read_bytes())

            yield Source(f"{path}!{name}", read, len(laid))


def _opened(name: str, raw: bytes) -> bytes:
    if not name.lower().endswith(".gz"):
        return raw
    plain = gzip.GzipFile(fileobj=io.BytesIO(raw)).read(LARGEST + 1)
    _bounded(len(plain))
    return plain


def _bounded(size: int) -> None:
    """ValueError for what would unpack to too much."""
    if size > LARGEST:
        most = f"{LARGEST // 1024**2} MB"
        raise ValueError(f"it unpacks to more than {most}; unpack it, and import the plain file")
