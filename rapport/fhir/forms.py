"""The primitive types of R4: what each may look like, with real calendar dates.

`FORMS[name]` is `(test, words)`: `test(value)` is true for a valid JSON value of that type and never raises;
`words` completes the sentence "must be …".
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, Final

from rapport.fhir.narrative import problem

Test = Callable[[Any], bool]

TEXT_LIMIT: Final = 1024 * 1024
_SHOWN: Final = 10**30

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_SPACE: Final = re.compile(r"\s")
_CODE: Final = re.compile(r"\S+(?:\s\S+)*")
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_OID: Final = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+", re.ASCII)
_UUID: Final = re.compile(r"urn:uuid:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII | re.I)
_CLOCK: Final = r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
_ZONE: Final = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"
_TIME: Final = re.compile(_CLOCK, re.ASCII)
_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_DATETIME: Final = re.compile(rf"(\d{{4}})(?:-(\d\d)(?:-(\d\d)(?:T{_CLOCK}{_ZONE})?)?)?", re.ASCII)
_INSTANT: Final = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)T{_CLOCK}{_ZONE}", re.ASCII)


# What is printable has no control character, and no white space but the blank: that is quickly seen of most.


def _text(value: Any) -> bool:
    return (
        type(value) is str
        and 0 < len(value) <= TEXT_LIMIT
        and not value.isspace()
        and (value.isprintable() or not _CONTROL.search(value))
    )


def _uri(value: Any) -> bool:
    if type(value) is not str or not value or " " in value:
        return False
    if not value.isprintable() and (_SPACE.search(value) or _CONTROL.search(value)):
        return False
    if value.startswith("urn:oid:"):
        return _OID.fullmatch(value) is not None
    return not value.startswith("urn:uuid:") or _UUID.fullmatch(value) is not None


def _matches(form: re.Pattern[str]) -> Test:
    return lambda value: type(value) is str and form.fullmatch(value) is not None


def _code(value: Any) -> bool:
    if type(value) is str and value and " " not in value and value.isprintable():
        return True
    return type(value) is str and _CODE.fullmatch(value) is not None and not _CONTROL.search(value)


def _whole(low: int, high: int = 2**31 - 1) -> Test:
    return lambda value: type(value) is int and low <= value <= high


def _calendar(form: re.Pattern[str]) -> Test:
    @lru_cache(maxsize=4096)
    def real(text: str) -> bool:
        match = form.fullmatch(text)
        if match is None:
            return False
        try:
            date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
        except ValueError:
            return False
        return True

    return lambda value: type(value) is str and len(value) < 64 and real(value)


def _base64(value: Any) -> bool:
    if type(value) is not str or not value:
        return False
    try:
        packed = "".join(value.split()) if _SPACE.search(value) else value
        binascii.a2b_base64(packed.encode("ascii"), strict_mode=True)
    except (UnicodeEncodeError, binascii.Error):
        return False
    return bool(packed)


def _decimal(value: Any) -> bool:
    return type(value) in (int, float) and value - value == 0  # neither infinite nor not-a-number


#: The id of a contained resource.
INNER_ID: Final = _matches(re.compile(r"[A-Za-z0-9\-.]{1,255}", re.ASCII))
FORMS: Final[dict[str, tuple[Test, str]]] = {
    "boolean": (lambda value: type(value) is bool, "true or false"),
    "integer": (_whole(-(2**31)), "a whole number of 32 bits"),
    "unsignedInt": (_whole(0), "a whole number from 0"),
    "positiveInt": (_whole(1), "a whole number from 1"),
    "decimal": (_decimal, "a number"),
    "string": (_text, "text that is not empty, without control characters, of at most 1 MiB"),
    "markdown": (_text, "text that is not empty, without control characters, of at most 1 MiB"),
    "code": (_code, "a code: no space at its ends, single spaces inside"),
    "id": (_matches(_ID), "an id: 1 to 64 letters, digits, - and ."),
    "uri": (_uri, "a URI without spaces (a urn:oid: or urn:uuid: in full)"),
    "url": (_uri, "a URL without spaces"),
    "canonical": (_uri, "a canonical URL without spaces"),
    "oid": (_matches(_OID), "an OID such as urn:oid:1.2.3"),
    "uuid": (_matches(_UUID), "a UUID such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520"),
    "date": (_calendar(_DATE), "a date that exists: YYYY, YYYY-MM or YYYY-MM-DD"),
    "dateTime": (_calendar(_DATETIME), "a date that exists, and a time only with seconds and an offset"),
    "instant": (_calendar(_INSTANT), "a moment: YYYY-MM-DDThh:mm:ss with an offset"),
    "time": (_matches(_TIME), "a time: hh:mm:ss"),
    "base64Binary": (_base64, "base64"),
    "xhtml": (lambda value: not problem(value), "a narrative"),
}


def explain(kind: str, value: Any) -> str:
    """Why a value is not of a primitive type, as the end of a sentence that begins with its place."""
    if kind == "xhtml":
        return problem(value) or ""
    return f"must be {FORMS[kind][1]}, not {shown(value)}"


def shown(value: Any) -> str:
    """A short picture of a value for a message."""
    if type(value) is str:
        return repr(value if len(value) <= 60 else value[:57] + "...").encode("ascii", "replace").decode()
    if value is None or type(value) is bool:
        return "null" if value is None else str(value).lower()
    if type(value) in (int, float):
        return "a number too large" if value - value != 0 or abs(value) > _SHOWN else str(value)
    return "a list" if type(value) is list else "an object" if type(value) is dict else "something else"
