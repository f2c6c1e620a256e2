"""Checks at a start: is what people will type, and how their words travel, set up as it must be?"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit


class Unfit(Exception):
    """Rapport must not serve like this; the text says why and what to do."""


def findings() -> list[str]:
    """What an operator should know, as sentences. Unfit for what nobody should overlook."""
    from django.conf import settings
    from django.db import connection

    from rapport.gate import database as roles
    from rapport.people.site import current, doubts

    site = current()
    connection.ensure_connection()
    found = [*roles.doubts(connection.connection)]
    found += [*address(site.base_url, behind_proxy=settings.SECURE_PROXY_SSL_HEADER is not None), *doubts()]
    if settings.EMAIL_HOST:
        found += mail(settings.EMAIL_HOST, settings.EMAIL_PORT)
    elif not settings.DEMO:  # a demo has an outbox that one can read
        found += mail(site.mail.host, site.mail.port)
    return found


def address(base_url: str, *, behind_proxy: bool) -> Iterator[str]:
    """What is wrong with the address that people type."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unfit(f"The base URL {base_url!r} is no address. Set RAPPORT_BASE_URL=https://your.site")
    if parts.path.strip("/") or parts.query:
        raise Unfit(
            f"The base URL {base_url!r} has a path. Rapport answers at the root of its own host name."
        )
    if parts.scheme == "https" and not behind_proxy:
        raise Unfit(
            "The base URL says https, and Rapport itself speaks http. Put a proxy that speaks TLS in front "
            "of it, let that set X-Forwarded-Proto and X-Forwarded-For, and set RAPPORT_PROXY=1. "
            "See docs/how-to/serve-over-tls.md."
        )
    if parts.scheme == "http" and not is_this_machine(parts.hostname):
        yield (
            f"People would send what they write to {base_url} in clear. Put a proxy that speaks TLS in front "
            "and set RAPPORT_BASE_URL=https://… (docs/how-to/serve-over-tls.md)."
        )


def is_this_machine(host: str) -> bool:
    """Whether a host name means this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def mail(host: str, port: int) -> Iterator[str]:
    """Whether notices can leave."""
    if not host:
        yield "No mail server is set: notices wait in the outbox, and people are invited by printed codes."
        return
    try:
        socket.create_connection((host, port), timeout=3).close()
    except OSError as error:
        yield f"The mail server {host}:{port} does not answer ({error}). Notices wait and are sent later."
