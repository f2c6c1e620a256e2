"""How many requests a program or person may make: so many a second, with a burst of two seconds' worth.

A client's account is one number, the time at which everything that it asked for would have been due at its
rate. The numbers lie in memory that all web processes of a machine share, since they are forked from the
one that loaded this, so counting costs a microsecond and no database. Two clients share an account by chance
one time in tens of thousands; two processes that count at the same instant may count one request.

Whoever is over is refused before the database is asked. Wrong tokens count for the address they come from.
"""

from __future__ import annotations

import math
import mmap
import time
from hashlib import blake2b
from typing import TYPE_CHECKING

from django.conf import settings

from .http import RefusedWith, Request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

BURST = 2.0  # seconds
#: Wrong tokens that one address may send in a second.
WRONG = 50.0
_ACCOUNTS = 1 << 16
_TOKENS = 10_000

#: When what was asked for would have been due: of clients, and of addresses that send wrong tokens.
_due = memoryview(mmap.mmap(-1, 8 * _ACCOUNTS)).cast("d")
_wrong = memoryview(mmap.mmap(-1, 8 * _ACCOUNTS)).cast("d")
#: The accounts of tokens that were good when they were last used.
_known: dict[str, int] = {}


def account(name: str) -> int:
    """The account of a client."""
    return int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=2).digest(), "big")


def take(due: memoryview[float], place: int, rate: float) -> float:
    """Count a request; 0, or the seconds to wait when the account is overdrawn (then nothing is counted)."""
    now = time.monotonic()
    at = max(due[place], now)
    if at - now > BURST:
        return at - now - BURST
    due[place] = at + 1.0 / rate
    return 0.0


def admit(token: str, request: Request) -> None:
    """Count a request before its token is looked up. Refused("throttled") when there were too many."""
    rate = float(settings.FHIR_RATE)
    if not rate:
        return
    place = _known.get(token)
    if place is not None:
        wait = take(_due, place, rate)
    else:
        wait = max(
            _wrong[account(_address(request.environ, request.proxied))] - time.monotonic() - BURST, 0.0
        )
    if wait:
        limit = f"More than {rate:g} requests a second." if place is not None else "Too many wrong tokens."
        told = str(math.ceil(wait))
        raise RefusedWith("throttled", limit, f"Go on in {told} s.", Retry_After=told)


def program_of(environ: WSGIEnvironment, *, proxied: bool) -> int | None:
    """The account of the program that a request is of, that of its address while the token is not known here;
    None without a bearer token.
    """
    scheme, _, token = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if scheme.lower() != "bearer":
        return None
    place = _known.get(token.strip())
    return account(_address(environ, proxied)) if place is None else place


def known(token: str) -> bool:
    """Whether the token was somebody's when it was last used here."""
    return token in _known


def good(token: str, owner: str) -> None:
    """The token is somebody's: from now on their requests are counted."""
    if token not in _known:
        if len(_known) >= _TOKENS:
            _known.clear()
        _known[token] = account(owner)


def wrong(token: str, request: Request) -> None:
    """The token is nobody's, or no longer."""
    _known.pop(token, None)
    take(_wrong, account(_address(request.environ, request.proxied)), WRONG)


def _address(environ: WSGIEnvironment, proxied: bool) -> str:
    """Where a request comes from; behind a proxy, what that says."""
    told = str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip() if proxied else ""
    return told or str(environ.get("REMOTE_ADDR", ""))
