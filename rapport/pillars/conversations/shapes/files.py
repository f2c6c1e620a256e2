"""What a file is, from its content; and the Binary that keeps it. Pure."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from rapport.pillars.conversations.shapes.codes import Resource, reference

MEGABYTE = 1024 * 1024
LARGEST = 10 * MEGABYTE

#: First bytes -> media type. Nothing here can carry script into a page.
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
}


def kind_of_file(content: bytes) -> str:
    """The media type of a picture or PDF, found from its first bytes; "" for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _BEGINNINGS if content.startswith(start)), "")


def safe_name(name: str, kind: str) -> str:
    """A file name without a path or marks that could mislead, with the ending of what it is."""
    last = name.replace("\\", "/").rpartition("/")[2]
    stem = last.rpartition(".")[0] or last
    kept = "".join(letter for letter in stem if letter.isalnum() or letter in " -_()").strip()[:80]
    return (kept or "file") + ENDINGS.get(kind, "")


def binary(rid: str, *, conversation: str, kind: str, content: bytes) -> Resource:
    """A Binary that is as open as the conversation."""
    return {
        "resourceType": "Binary",
        "id": rid,
        "contentType": kind,
        "securityContext": reference(conversation),
        "data": b64encode(content).decode("ascii"),
    }


def content_of(resource: Mapping[str, Any]) -> bytes:
    """The bytes of a Binary; empty when they cannot be read."""
    try:
        return b64decode(str(resource.get("data", "")), validate=True)
    except ValueError:
        return b""
