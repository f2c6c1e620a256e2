"""64-bit keys: a resource, a search value or a topic is found by a hash of its words.

The key of a resource is the hash of `Type/id`, so a reference is followed without a look-up and
a whole bundle can be indexed before anything is stored (ADR 2).
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=65536)
def hash64(*words: str) -> int:
    """A signed 64-bit integer for a list of words; stable on every machine, never 0."""
    digest = blake2b("\x1f".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) or 1


def resource_key(rtype: str, rid: str) -> int:
    """The key of a resource: `resource.id` in the store, `target` in reference rows, `patient` everywhere."""
    return hash64(f"{rtype}/{rid}")


def reference_key(reference: str) -> int:
    """The key of a local reference such as `Patient/123` (a version suffix is dropped)."""
    return hash64(reference.split("/_history/", 1)[0])
