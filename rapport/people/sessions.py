"""Sign-ins are rows with a person on them: all of someone's sign-ins can be seen and ended at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.utils import timezone

from rapport.people.models import Session, User


class SessionStore(DatabaseStore):
    """Django's database sessions on our table. The cookie's key is a random 160 bits."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row of this session; `seen_at` is the time of this save."""
        plain = super().create_model_instance(data)
        row = Session(
            session_key=plain.session_key, session_data=plain.session_data, expire_date=plain.expire_date
        )
        row.user_id = int(data[SESSION_KEY]) if data.get(SESSION_KEY) else None
        row.agent = str(data.get("agent", ""))[:200]
        row.began_at = _instant(data.get("began"))
        row.seen_at = _instant(data.get("seen"))
        return row


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


def end_all(user: User, *, but: str | None = None) -> int:
    """End every sign-in of a person, but the session with the key `but`. The number ended."""
    rows = Session.objects.filter(user=user)
    if but:
        rows = rows.exclude(session_key=but)
    return rows.delete()[0]
