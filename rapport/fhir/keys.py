"""64-bit keys: a resource, a search value or a topic is found by a hash of its words.

The key of a resource is the hash of `Type/id`, so a reference is followed without a look-up and
a whole bundle can be indexed before anything is stored (ADR 2). An id that Rapport gave begins with the
time, and so does the key: what is written together lies together (ADR 14).
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=8192)
def hash64(*words: str) -> int:
    """A signed 64-bit integer for a list of words; stable on every machine, never 0."""
    return int.from_bytes(_digest("\x1f".join(words)), "big", signed=True) or 1


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


#: Seconds after which the ids that Rapport gives begin with another byte, one of 256.
SPELL = 64
_TIMELY = re.compile(r"/([0-9a-f]{2})[0-9a-f]{6}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def timely(seconds: float, chance: bytes) -> str:
    """An id for what is made so many seconds after 1970, of 16 random bytes: a UUID of version 8."""
    byte, rest = int(seconds) // SPELL & 255, chance.hex()
    variant = "89ab"[chance[8] & 3]
    return f"{byte:02x}{rest[2:8]}-{rest[8:12]}-8{rest[13:16]}-{variant}{rest[17:20]}-{rest[20:32]}"


@lru_cache(maxsize=8192)
def target_key(reference: str) -> int:
    """The key of what a reference names, as it is written: the hash of `Type/id`, an address, a canonical.

    Where its id is a `timely` one, the first byte of the key is that of the id.
    """
    digest = _digest(reference)
    found = _TIMELY.fullmatch(reference[-37:])
    if found is not None:
        digest = bytes.fromhex(found[1]) + digest[1:]
    return int.from_bytes(digest, "big", signed=True) or 1


def resource_key(rtype: str, rid: str) -> int:
    """The key of a resource: `resource.id` in the store, `target` in reference rows, `patient` everywhere."""
    return target_key(f"{rtype}/{rid}")


def reference_key(reference: str) -> int:
    """The key of a local reference such as `Patient/123` (a version suffix is dropped)."""
    return target_key(reference.split("/_history/", 1)[0])
