"""How an e-mail leaves: by the site's mail server; in a demo it goes into the outbox that one can read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as Smtp

from rapport.people import site
from rapport.people.models import Outbox

#: Seconds that a mail server may take to answer.
PATIENCE = 20


def can_send() -> bool:
    """Whether e-mail goes anywhere at all from this site."""
    return bool(settings.DEMO or site.current().mail.host or settings.EMAIL_HOST)


class Backend(BaseEmailBackend):
    """Django's way to send: to the outbox in a demo, else over SMTP as the settings say, else nowhere."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send; the number sent. Raises what the mail server or the net says."""
        if settings.DEMO:
            return sum(_lay_out(message) for message in email_messages)
        if not can_send():
            return 0
        return _server(self.fail_silently).send_messages(email_messages) or 0


def _lay_out(message: EmailMessage) -> int:
    for address in message.recipients():
        Outbox.objects.create(
            address=address,
            subject=str(message.subject)[:200],
            body=str(message.body),
            message_id=str(message.extra_headers.get("Message-ID", "")),
        )
    return 1


def _server(fail_silently: bool) -> Any:
    server = site.current().mail
    if not server.host:
        return Smtp(fail_silently=fail_silently, timeout=PATIENCE)
    return Smtp(
        host=server.host,
        port=server.port,
        username=server.user or "",
        password=os.environ.get("RAPPORT_MAIL_PASSWORD", ""),
        use_tls=server.security == "starttls",
        use_ssl=server.security == "tls",
        timeout=PATIENCE,
        fail_silently=fail_silently,
    )
