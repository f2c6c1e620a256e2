"""Attachments: served through the door, never run, never shown as a page of ours."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from rapport.people.request import Request
from rapport.pillars.conversations import reading

#: What a browser may show in a page by itself; everything else is saved.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@require_safe
def file(request: Request, rid: str) -> HttpResponse:
    """`/messages/file/<rid>/`: the bytes of one attachment, to those who may read its letter."""
    content, kind, name = reading.file(request.door, rid)
    shown = kind in SHOWN and "save" not in request.GET
    response = HttpResponse(
        content,
        content_type=kind if kind in SHOWN or kind == "application/pdf" else "application/octet-stream",
    )
    response["Content-Disposition"] = content_disposition_header(not shown, name or "file") or "attachment"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
