"""Sign-ins are rows with a person on them: all of someone's sign-ins can be seen and ended at once.

A page asks for the sign-in and its account in one statement, which is also how it learns that the
connection, kept from an earlier page, is still good.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from rapport.people import statements
from rapport.people.models import Session, User

_FIELDS = [field.attname for field in User._meta.concrete_fields]
_COLUMNS = ", ".join(f"u.{field.column}" for field in User._meta.concrete_fields)


def row_key(cookie: str) -> str:
    """What is kept of a cookie: who reads the table cannot go on with anybody's sign-in."""
    return sha256(cookie.encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Django's database sessions on our table. A cookie is 160 random bits; the row is found by its hash.

    account  whose sign-in it was when it was read
    """

    account: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        row = _look_up(row_key(self.session_key or ""))
        if row is None:
            self._session_key = None
            return None
        data, *account = row
        self.account = User.from_db(connection.alias, _FIELDS, account) if account[0] is not None else None
        return Session(session_data=data)

    def exists(self, session_key: str) -> bool:
        """Whether this cookie has a row."""
        return Session.objects.filter(session_key=row_key(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        """End the sign-in of this cookie (of this session, where none is named)."""
        cookie = session_key or self.session_key
        if cookie:
            Session.objects.filter(session_key=row_key(cookie)).delete()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row of this session; `seen_at` is the time of this save."""
        return Session(
            session_key=row_key(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=int(data[SESSION_KEY]) if data.get(SESSION_KEY) else None,
            agent=str(data.get("agent", ""))[:200],
            began_at=_instant(data.get("began")),
            seen_at=_instant(data.get("seen")),
        )


def _look_up(key: str) -> tuple[Any, ...] | None:
    """The row of a sign-in; on a new connection where the one kept from before turns out to be lost."""
    connection.ensure_connection()
    try:
        found = statements.sign_in(connection.connection, key, _COLUMNS)
    except psycopg.OperationalError:
        if connection.in_atomic_block or not connection.connection.closed:
            raise
        connection.close()
        connection.ensure_connection()
        found = statements.sign_in(connection.connection, key, _COLUMNS)
    connection.health_check_done = True  # type: ignore[attr-defined] # Django need not ask once more
    return found


class SignInMiddleware(AuthenticationMiddleware):
    """`request.user` as Django makes it, from the row that the sign-in was read from."""

    def process_request(self, request: HttpRequest) -> None:
        request.user = SimpleLazyObject(lambda: _user(request))  # type: ignore[assignment]


def _user(request: Any) -> User | AnonymousUser:
    """The open account of this sign-in; nobody where its password was changed since, which ends it."""
    session = request.session
    if SESSION_KEY not in session or session[BACKEND_SESSION_KEY] not in settings.AUTHENTICATION_BACKENDS:
        return AnonymousUser()
    user: User | None = session.account
    if user is None or str(user.pk) != session[SESSION_KEY] or not user.is_active:
        return AnonymousUser()
    if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        session.flush()
        return AnonymousUser()
    return user


def _instant(seconds: object) -> datetime:
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else timezone.now()


def of(user: User) -> QuerySet[Session]:
    """The living sign-ins of a person, newest first."""
    return Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
)


def device(agent: str) -> str:
    """A browser's own words about itself, as people say it: "Firefox, Android". "" when they tell nothing."""
    named = (
        next((word for sign, word in kinds if sign in agent), "")
        for kinds in (_BROWSERS, (*_SYSTEMS, ("Linux", "Linux")))
    )
    return ", ".join(filter(None, named))


def here(row: Session, cookie: str | None) -> bool:
    """Whether this is the sign-in of the cookie that asks."""
    return row.session_key == row_key(cookie or "")


def end_all(user: User, *, but: str | None = None) -> int:
    """End every sign-in of a person, but the one of the cookie `but`. The number ended."""
    rows = Session.objects.filter(user=user)
    if but:
        rows = rows.exclude(session_key=row_key(but))
    return rows.delete()[0]
