"""What pages of accounts draw: the picture that an authenticator app reads, what happened to an account."""

from __future__ import annotations

from ipaddress import ip_address

import qrcode  # type: ignore[import-untyped]
from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from rapport.people import mail

register = template.Library()

#: What an event is called; what is not here is shown as it is.
EVENTS = {
    "signed-in": lazy("Signed in"),
    "sign-in-refused": lazy("A wrong password was tried"),
    "password-changed": lazy("The password was changed"),
    "email-changed": lazy("The e-mail address was changed"),
    "factor-added": lazy("A second step was set up"),
    "factor-removed": lazy("A second step was taken out"),
    "factor-reset": lazy("The second step was reset by staff"),
    "ended-all": lazy("Every other device was signed out"),
    "invited": lazy("Invited"),
    "joined": lazy("Joined"),
    "staff-added": lazy("Added"),
    "token-issued": lazy("A key for programs was made"),
    "left": lazy("Closed"),
}


@register.simple_tag
def qr(words: str) -> SafeString:
    """A QR code as a drawing in the page: dark on light in both themes, and no `data:` address."""
    code = qrcode.QRCode(border=4)
    code.add_data(words)
    code.make(fit=True)
    cells = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(cells) for x, dark in enumerate(row) if dark)
    return format_html(
        '<svg class="rp-qr" viewBox="0 0 {size} {size}" role="img" aria-label="{label}"><rect width="{size}"'
        ' height="{size}" fill="#fff"/><path fill="#000" shape-rendering="crispEdges" d="{path}"/></svg>',
        size=len(cells),
        label=_("A picture with the key for your app"),
        path=mark_safe(path),  # noqa: S308 - numbers and letters made above
    )


@register.simple_tag
def can_mail() -> bool:
    """Whether this site sends e-mails at all."""
    return mail.can_send()


@register.simple_tag(takes_context=True)
def can_passkey(context: Context) -> bool:
    """Whether browsers make passkeys for this address: never for one that is a number."""
    host = context["request"].get_host().rpartition(":")[0] or context["request"].get_host()
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False


@register.filter
def event_words(kind: str) -> str:
    """An event of an account in words."""
    return str(EVENTS.get(kind, kind))
