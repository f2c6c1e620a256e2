"""A template shown with exactly what its context dataclass says, and no more."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def show(request: HttpRequest, template: str, context: Any, *, status: int = 200) -> HttpResponse:
    """The page of a template; `context` is a dataclass whose fields are the template's variables."""
    known = {field.name: getattr(context, field.name) for field in fields(context)}
    return render(request, template, known, status=status)
