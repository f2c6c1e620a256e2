"""The second factor: who must have one, what was shown in this sign-in, and what stays open without."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled

#: In the session: the account whose second factor was shown (or just set up) in this sign-in.
SHOWN = "factor"
REAL = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]

#: Names of the pages that staff without a second factor may reach: to set one up, to sign out, to get help.
OPEN_WITHOUT = {
    "people_factor",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "account_reauthenticate",
    "account_logout",
    "help",
    "language",
    "theme",
    "health",
}


def enrolled(user: Any) -> bool:
    """Whether the account has a second factor; recovery codes alone are none."""
    return bool(is_mfa_enabled(user, REAL))


def shown(request: Any, user: Any) -> None:
    """Note that this person's second factor was shown in this sign-in."""
    request.session[SHOWN] = user.pk


def missing(request: Any) -> bool:
    """Whether this sign-in must not go on: staff who showed no second factor in it."""
    return bool(request.user.is_staff_member and request.session.get(SHOWN) != request.user.pk)
