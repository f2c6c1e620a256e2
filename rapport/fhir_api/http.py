"""HTTP for `/fhir`: a request that is read once, an answer that is plain bytes. No framework."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec
import orjson

from rapport.fhir.outcomes import Refused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

T = TypeVar("T")
FHIR_JSON = "application/fhir+json"
#: What newline-delimited FHIR is called; its own name first.
NDJSON = ("application/fhir+ndjson", "application/ndjson", "ndjson")
LARGEST = 16 * 1024 * 1024
PIECE = 1 << 20
_JSON_TYPES = frozenset({FHIR_JSON, "application/json", "text/json", "json"})
_ANY = frozenset({"*/*", "application/*", ""})
_ETAG = re.compile(r'^(?:W/)?"([^"]*)"$')
_HOST = re.compile(r"^[A-Za-z0-9.\-]+(:\d{1,5})?$|^\[[0-9a-fA-F:]+\](:\d{1,5})?$")
_FHIR_VERSION = re.compile(r";\s*fhirVersion\s*=\s*\"?([^\";,\s]*)", re.IGNORECASE)
_ONLY = ("Only JSON of FHIR 4.0 is given here.", "Ask for application/fhir+json.")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
REASONS = {status.value: status.phrase for status in HTTPStatus}


#: What a request without a good token is asked for.
ASKED = 'Bearer realm="rapport"'


class RefusedWith(Refused):
    """A refusal whose answer has headers of its own."""

    def __init__(self, code: str, text: str, next: str, **headers: str) -> None:
        super().__init__(code, text, next)
        self.headers = tuple((name.replace("_", "-"), value) for name, value in headers.items())


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body (or the first `size` bytes of a `file`), and the headers beyond type and length."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    media: str = FHIR_JSON
    file: Path | None = None
    size: int = 0


class once(Generic[T]):
    """A property that is worked out at its first use and then stays; without the lock that Python's takes."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work, self._name, self.__doc__ = work, work.__name__, work.__doc__

    def __get__(self, request: Any, _owner: Any = None) -> T:
        found = request.__dict__[self._name] = self._work(request)
        return found


@dataclass
class Request:
    """One request. `path` are the segments behind the base, percent-decoded; `base` the FHIR base URL."""

    environ: WSGIEnvironment
    trusted_hosts: Collection[str] = ()
    own_base: str = ""
    proxied: bool = False
    path: tuple[str, ...] = field(init=False)
    method: str = field(init=False)

    def __post_init__(self) -> None:
        self.method = str(self.environ.get("REQUEST_METHOD", "GET")).upper()
        whole = str(self.environ.get("SCRIPT_NAME", "")) + str(self.environ.get("PATH_INFO", ""))
        text = whole.encode("latin-1", "replace").decode("utf-8", "replace")
        self.path = tuple(filter(None, text.removeprefix("/fhir").split("/")))

    @once
    def base(self) -> str:
        """The base URL as this client reached it, or the site's own where the host is not one of ours."""
        host = str(self.environ.get("HTTP_HOST", ""))
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if not _HOST.match(host) or name not in self.trusted_hosts:
            return self.own_base
        scheme = str(self.environ.get("wsgi.url_scheme", "http"))
        if self.proxied:
            scheme = "https" if self.header("X-Forwarded-Proto") == "https" else scheme
        return f"{scheme}://{host}/fhir"

    def header(self, name: str) -> str:
        """A header, "" where it is absent."""
        return str(self.environ.get("HTTP_" + name.upper().replace("-", "_"), ""))

    @once
    def query(self) -> list[tuple[str, str]]:
        """The pairs of the query string; broken UTF-8 is refused."""
        return _pairs(str(self.environ.get("QUERY_STRING", "")))

    def pieces(self, most: int) -> Iterator[bytes]:
        """The body in pieces as they arrive, at most so many bytes of it."""
        written, chunked = str(self.environ.get("CONTENT_LENGTH") or ""), self.header("Transfer-Encoding")
        if written and (not written.isdecimal() or int(written) > most):
            raise Refused("too-large", f"More than {most >> 20} MB at once.", "Send it in smaller parts.")
        left = int(written) if written else most + 1 if chunked else 0
        stream: Any = self.environ["wsgi.input"]
        while left > 0 and (piece := _read(stream, min(left, PIECE))):
            left -= len(piece)
            yield piece
        if chunked and not written and left <= 0:
            raise Refused("too-large", f"More than {most >> 20} MB at once.", "Send it in smaller parts.")

    def arrive(self) -> None:
        """Wait until the whole body is here, unless it is taken in pieces."""
        if self.method in ("POST", "PUT", "PATCH") and self.path[-1:] != ("$import",):
            _ = self.body

    @once
    def body(self) -> bytes:
        """The body, at most `LARGEST` bytes."""
        written = str(self.environ.get("CONTENT_LENGTH") or "")
        stream: Any = self.environ["wsgi.input"]
        if written:
            if not written.isdecimal():
                raise Refused("invalid", "Content-Length is not a number.")
            size = int(written)
            if size > LARGEST:
                raise _too_large()
            data = _read(stream, size) if size else b""
        else:
            data = _read(stream, LARGEST + 1) if self.header("Transfer-Encoding") else b""
        if len(data) > LARGEST:
            raise _too_large()
        return data

    def resource(self) -> bytes:
        """The body; references by the whole address here become what they mean, `Type/id`."""
        body = self.body
        for base in {f"{self.base}/".encode(), f"{self.own_base}/".encode()}:
            if base in body:
                body = re.sub(rb'("reference"\s*:\s*")' + re.escape(base), rb"\1", body)
        return body

    def form(self) -> list[tuple[str, str]]:
        """The pairs of a form, for POST _search."""
        if self.media not in ("application/x-www-form-urlencoded", ""):
            raise Refused("media-type", "Send the parameters of a search as a form.")
        return _pairs(self.body.decode("latin-1"))

    def bearer(self) -> str:
        """The bearer token, "" where there is none. Cookies are never looked at."""
        scheme, _, token = str(self.environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def version(self) -> int | None:
        """The version of If-Match; a wrong form is refused."""
        written = self.header("If-Match").strip()
        if not written:
            return None
        match = _ETAG.match(written)
        if match is None or not match[1].isdecimal() or len(match[1]) > 9:
            raise Refused("stale", "If-Match does not name a version of this.", 'Write it as W/"3".')
        return int(match[1])

    def unchanged(self, vid: int, updated: datetime) -> bool:
        """Whether the client has this version already, by If-None-Match or else by If-Modified-Since."""
        tags = self.header("If-None-Match")
        if tags:
            return tags.strip() == "*" or any(
                (match := _ETAG.match(tag.strip())) is not None and match[1] == str(vid)
                for tag in tags.split(",")
            )
        since = self.header("If-Modified-Since")
        if not since:
            return False
        try:
            return updated.replace(microsecond=0) <= parsedate_to_datetime(since)
        except (ValueError, TypeError):  # as HTTP says: what can't be read is not there
            return False

    def prefer(self, name: str) -> str:
        """A value of the Prefer header, such as that of `return`."""
        return self._preferences.get(name, "")

    def prefers(self, name: str) -> bool:
        """Whether the Prefer header names this, such as `respond-async`."""
        return name in self._preferences

    @once
    def _preferences(self) -> dict[str, str]:
        if "HTTP_PREFER" not in self.environ:
            return {}
        pieces = [piece.strip().partition("=") for piece in re.split(r"[,;]", self.header("Prefer"))]
        return {key.strip().lower(): value.strip('" ') for key, _, value in reversed(pieces)}

    # ---------------------------------------------------------------- media types

    def check_accept(self) -> None:
        """Refuse a client that cannot take JSON, or whatever the files of an export are."""
        if self.environ.get("HTTP_ACCEPT") == FHIR_JSON and not self.environ.get("QUERY_STRING"):
            return
        if len(self.path) == 3 and self.path[0] == "_export":
            return
        wanted = next((value for name, value in self.query if name == "_format"), None)
        if wanted is not None:
            if self._media(wanted.replace(" ", "+")) not in _JSON_TYPES or _other_fhir(wanted):
                raise Refused("not-acceptable", *_ONLY)
            return
        accepted = self.header("Accept")
        if not accepted:
            return
        for piece in accepted.split(","):
            media = self._media(piece)
            if (media in _JSON_TYPES or media in _ANY) and not _other_fhir(piece):
                return
        raise Refused("not-acceptable", *_ONLY)

    def wants_json(self) -> bool:
        """Whether JSON is asked for by name, and not only accepted among everything."""
        asked = [value.replace(" ", "+") for name, value in self.query if name == "_format"]
        asked = asked or self.header("Accept").split(",")
        return any(self._media(piece) in _JSON_TYPES for piece in asked)

    @property
    def media(self) -> str:
        """The media type of the body, without its parameters."""
        return self._media(str(self.environ.get("CONTENT_TYPE", "")))

    def check_content(self) -> None:
        """Refuse a body that is not said to be JSON, or is packed."""
        if self.header("Content-Encoding") not in ("", "identity"):
            raise Refused("media-type", "Packed bodies are not taken here.", "Send it as it is.")
        if self.media and (
            self.media not in _JSON_TYPES or _other_fhir(str(self.environ.get("CONTENT_TYPE", "")))
        ):
            raise Refused("media-type", "Only JSON of FHIR 4.0 is taken here.", "Send application/fhir+json.")

    @staticmethod
    def _media(written: str) -> str:
        return written.split(";", 1)[0].strip().lower()


def _other_fhir(written: str) -> bool:
    """Whether a media type asks for another version of FHIR than 4.0."""
    version = _FHIR_VERSION.search(written) if ";" in written else None
    return version is not None and version[1] not in ("4.0", "4.0.1")


def _read(stream: Any, size: int) -> bytes:
    try:
        found: bytes = stream.read(size)
    except OSError as gone:  # the sender is, or is too slow
        raise Refused("busy", "The body did not arrive.", "Send it again in a moment.") from gone
    return found


def _too_large() -> Refused:
    return Refused("too-large", f"More than {LARGEST // 1048576} MB at once.", "Send it in smaller parts.")


def _pairs(written: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            written, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=200
        )
    except (ValueError, UnicodeError) as broken:
        raise Refused(
            "invalid", "The parameters cannot be read.", "Send UTF-8, at most 200 of them."
        ) from broken


def etag(vid: int) -> str:
    """The weak entity tag of a version."""
    return f'W/"{vid}"'


def http_date(at: datetime) -> str:
    """Last-Modified and Date in the form of HTTP."""
    at = at.astimezone(UTC)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02} {month} {at.year:04} {at.hour:02}:{at.minute:02}:{at.second:02} GMT"


def laid_out(request: Request, answer: Answer) -> Answer:
    """The answer with its JSON on many lines, if the client wants it so (`_pretty=true`)."""
    if "_pretty=true" not in str(request.environ.get("QUERY_STRING", "")) or not answer.body.startswith(b"{"):
        return answer
    return replace(answer, body=msgspec.json.format(answer.body, indent=2))


def refusal(refused: Refused) -> Answer:
    """The answer that tells a refusal."""
    more = refused.headers if isinstance(refused, RefusedWith) else ()
    if refused.status == 401 and not more:
        more = (("WWW-Authenticate", ASKED),)
    elif refused.status in (429, 503) and not more:
        more = (("Retry-After", "1"),)
    return Answer(refused.status, orjson.dumps(refused.outcome()), more)
