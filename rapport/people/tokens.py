"""Bearer tokens for `/fhir`: of a person, with exactly their rights, or of a client, with its scopes.

A token is 256 random bits; only its SHA-256 is kept. Whether it still holds is read with every use; what its
owner may do is worked out anew whenever their epoch changed.
"""

from __future__ import annotations

import re
import secrets
import time
from collections import OrderedDict
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor, Warrant
from rapport.gate.scopes import narrowed, scopes_of
from rapport.people import actors, events, statements
from rapport.people.models import Client, Token, User

#: How long a client's token lives, in seconds.
CLIENT_SECONDS = 3600
_MOST_KNOWN = 5000


def digest(secret: str) -> str:
    """What is kept of a secret that has 256 random bits."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def add_client(name: str, scopes: str, by: str, *, jwks: str = "") -> tuple[Client, str]:
    """A new client and its secret, which is shown this once. Refused("invalid") for a wrong scope.

    With `jwks` (its public keys, see `assertions.read_keys`) it has no secret, and "" comes back.
    """
    scopes_of(scopes)
    secret = "" if jwks else secrets.token_urlsafe(32)
    ident = f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')[:40] or 'client'}-{secrets.token_hex(4)}"
    client = Client.objects.create(
        id=ident,
        name=name,
        secret=digest(secret) if secret else "",
        jwks=jwks,
        scopes=" ".join(scopes.split()),
    )
    events.note("client-added", person=f"Device/{client.pk}", by=by, why=client.scopes)
    return client, secret


def client_of(client_id: str, secret: str) -> Client | None:
    """The client with this id, if the secret is its own."""
    client = Client.objects.filter(pk=client_id.replace("\x00", ""), is_active=True).first()
    known = client.secret if client and client.secret else digest("")
    return client if compare_digest(known, digest(secret)) and client and client.secret else None


def issue_to_client(client: Client, scopes: str) -> str:
    """A token of a client, for `CLIENT_SECONDS`."""
    return _issue(CLIENT_SECONDS, client=client, scopes=scopes)


def issue_for(user: User, hours: float = 8, *, by: str) -> str:
    """A token with exactly the rights of a person; written down. Refused("rule") for a closed account."""
    if not user.is_active:
        raise Refused("rule", "This account is closed.", "Open it again first.")
    if not 0 < hours <= 24 * 30:
        raise Refused("invalid", "A token lives up to 720 hours.", "Write fewer hours.")
    events.note("token-issued", person=user.person, by=by, why=f"{hours:g} hours")
    return _issue(hours * 3600, user=user)


def _issue(seconds: float, **owner: object) -> str:
    token = f"rpt_{secrets.token_urlsafe(32)}"
    Token.objects.create(hash=digest(token), expires_at=timezone.now() + timedelta(seconds=seconds), **owner)
    return token


def revoke_all(user: User) -> int:
    """End all tokens of a person; the number ended."""
    return Token.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def change_keys(client_id: str, jwks: str, by: str) -> bool:
    """Give a client that has keys new ones; the old ones end at once. False where there is none."""
    with transaction.atomic():
        clients = Client.objects.filter(pk=client_id, is_active=True).exclude(jwks="")
        changed = clients.update(jwks=jwks)
        if changed:
            events.note("client-keys-changed", person=f"Device/{client_id}", by=by)
    return bool(changed)


def remove_client(client_id: str, by: str) -> bool:
    """Close a client; its tokens end at once. False where there is none."""
    with transaction.atomic():
        closed = Client.objects.filter(pk=client_id, is_active=True).update(is_active=False)
        if closed:
            events.note("client-removed", person=f"Device/{client_id}", by=by)
    return bool(closed)


def actor_of_bearer(conn: statements.Conn, token: str) -> Actor | None:
    """Whoever holds this token, None when it is not, or no longer, good. Call it with every request."""
    found = _looked_up(conn, digest(token))
    return None if found is None else found.actor


class Admission(NamedTuple):
    """Who holds a token, as was found out until then (`until`, monotonic), and what must hold at each use."""

    actor: Actor
    warrant: Warrant
    until: float


_admitted: OrderedDict[str, Admission] = OrderedDict()


def admission(
    conn: statements.Conn, token: str, *, afresh: bool = False
) -> tuple[Actor, Warrant | None] | None:
    """Whoever holds this token, None when it is not good.

    With a Warrant the answer is from before: whoever uses it asks the database for the warrant in the same
    breath, and asks this `afresh` when it does not hold. Then it has none.
    """
    key = digest(token)
    known = None if afresh else _admitted.get(key)
    if known is not None and known.until > time.monotonic():
        return known.actor, known.warrant
    found = _looked_up(conn, key)
    if found is None:
        _admitted.pop(key, None)
        return None
    _admitted[key] = found
    while len(_admitted) > _MOST_KNOWN:
        with suppress(KeyError):  # another thread was faster
            _admitted.popitem(last=False)
    return found.actor, None


def _looked_up(conn: statements.Conn, key: str) -> Admission | None:
    owner = statements.bearer(conn, key)
    if owner is None:
        return None
    warrant = statements.warrant(key, owner)
    if owner.client is not None:
        scopes = scopes_of(owner.scopes)
        actor = Actor("client", f"Device/{owner.client}", owner.name, "program", scopes=scopes)
    else:
        actor = actors.actor_of(conn, owner.person or "", owner.name, owner.epoch)
    return Admission(actor, warrant, time.monotonic() + actors.FRESH_SECONDS)


def client_actor(ref: str, scopes: str) -> Actor | None:
    """A client (`Device/…`) at work with scopes that a token of its had; None if it may not any more."""
    client = Client.objects.filter(pk=ref.partition("/")[2], is_active=True).first()
    if client is None:
        return None
    try:
        granted = narrowed(scopes, client.scopes)
    except Refused:
        return None
    return Actor("client", ref, client.name, "program", scopes=scopes_of(granted))


def sweep(keep_days: int = 30) -> int:
    """Forget tokens that ended long ago."""
    return Token.objects.filter(expires_at__lt=timezone.now() - timedelta(days=keep_days)).delete()[0]
