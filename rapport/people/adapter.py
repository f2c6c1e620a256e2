"""What we decide in allauth: nobody signs up alone, e-mails go through our outbox, whom a name belongs to."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter

from rapport.people import site


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in as this site has it."""

    def is_open_for_signup(self, request: Any) -> bool:
        """People come by invitation."""
        return False


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors as this site has them."""

    def get_totp_issuer(self) -> str:
        """What an authenticator app shows above the code."""
        return site.current().name
