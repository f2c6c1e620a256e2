"""What we decide in allauth: nobody signs up alone, its words are ours, its e-mails go through our outbox."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.utils import translation
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from rapport.people import notices, site
from rapport.people.models import User

#: Mails with a link: template of allauth -> what the link is for, and its place in the context.
LINKS = {
    "account/email/password_reset_key": (_("choose a new password"), "password_reset_url"),
    "account/email/unknown_account": (_("choose a new password"), "password_reset_url"),
    "account/email/account_already_exists": (_("choose a new password"), "password_reset_url"),
    "account/email/email_confirmation": (_("say that this e-mail address is yours"), "activate_url"),
    "account/email/email_confirmation_signup": (_("say that this e-mail address is yours"), "activate_url"),
}
#: Mails that open a way in: for proven addresses alone. For others they are written, then thrown away.
WAYS_IN = ("account/email/password_reset_key", "account/email/unknown_account")
#: Mails that tell of a change, so that nobody is robbed of their sign-in unseen.
CHANGES = {
    "account/email/password_changed": _("The password was changed."),
    "account/email/password_reset": _("The password was changed with the link of an e-mail."),
    "account/email/password_set": _("A password was set."),
    "account/email/email_changed": _("The e-mail address was changed."),
    "account/email/email_confirm": _("The e-mail address was confirmed."),
    "account/email/email_deleted": _("An e-mail address was taken out."),
    "mfa/email/totp_activated": _("A code from an app is asked for from now on."),
    "mfa/email/totp_deactivated": _("The code from an app is not asked for any more."),
    "mfa/email/webauthn_added": _("A passkey was added."),
    "mfa/email/webauthn_removed": _("A passkey was taken out."),
    "mfa/email/recovery_codes_generated": _("New spare codes were made."),
}
#: What the page says after something was done; what is not here goes without saying.
SAID = {
    "account/messages/logged_out.txt": _("You are signed out."),
    "account/messages/password_changed.txt": _(
        "Your new password holds from now on. Other devices are signed out."
    ),
    "account/messages/email_confirmation_sent.txt": _("We sent you an e-mail. Open the link in it."),
    "account/messages/email_confirmation_failed.txt": _("Someone else signs in with this address."),
    "account/messages/email_confirmed.txt": _("Thank you. We know now that this address is yours."),
    "account/messages/email_deleted.txt": _("The address is taken out."),
    "mfa/messages/totp_activated.txt": _("Done. From now on we ask for a code from your app."),
    "mfa/messages/totp_deactivated.txt": _("Done. We do not ask for a code from your app any more."),
    "mfa/messages/webauthn_added.txt": _("Done. You can use this passkey from now on."),
    "mfa/messages/webauthn_removed.txt": _("Done. This passkey opens nothing any more."),
    "mfa/messages/recovery_codes_generated.txt": _("Here are your spare codes. Keep them somewhere safe."),
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in as this site has it."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This sign-in is closed."),
        "email_password_mismatch": _(
            "This e-mail address and this password do not belong together. Try once more."
        ),
        "too_many_login_attempts": _(
            "There were many wrong tries. Wait a quarter of an hour, then try again."
        ),
        "rate_limited": _("There were many tries in a short time. Wait five minutes, then try again."),
        "incorrect_password": _("This is not your password. Try once more."),
        "enter_current_password": _("This is not your password. Try once more."),
        "incorrect_code": _("This code is not right, or it was used already. Wait for the next one."),
        "duplicate_email": _("This is your address already."),
        "email_taken": _("Someone else signs in with this address. Each person needs their own."),
        "invalid_password_reset": _("This link is too old, or it was used already."),
    }

    def is_open_for_signup(self, request: Any) -> bool:
        """People come by invitation."""
        return False

    def add_message(
        self, request: Any, level: int, message_template: str | None = None, *args: Any, **more: Any
    ) -> None:
        """What allauth would say, in our words, or nothing."""
        words = more.get("message") or SAID.get(message_template or "")
        if words:
            messages.add_message(request, level if more.get("message") else messages.INFO, words)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail into the outbox. For an address of nobody: the same work, and no mail."""
        rules = site.current()
        user = User.objects.filter(email__iexact=email).first()
        with translation.override(
            (user.language if user else "") or translation.get_language() or rules.language
        ):
            subject, body = _words(template_prefix, context, rules.name, self._link(template_prefix, context))
        thrown = template_prefix in WAYS_IN and not _proven(user, email)
        state = "void" if thrown else "waiting"
        notices.post(email, subject, body, person=user.person if user else "", state=state)

    def _link(self, template_prefix: str, context: dict[str, Any]) -> str:
        if template_prefix not in LINKS:
            return ""
        if template_prefix == "account/email/unknown_account":  # worked out as for somebody, then thrown away
            return str(
                self.get_reset_password_from_key_url(f"0-{default_token_generator.make_token(User(pk=0))}")
            )
        return str(context.get(LINKS[template_prefix][1], ""))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Links in e-mails begin with the site's own address, never with one that a request brought."""
        return _at_home(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: Any, emailconfirmation: Any) -> str:
        """The same."""
        return _at_home(super().get_email_confirmation_url(request, emailconfirmation))

    def get_password_change_redirect_url(self, request: Any) -> str:
        """After a new password: to sign in with it."""
        return "/account/"

    def _get_login_attempts_cache_key(self, request: Any, **credentials: Any) -> str:
        """Guesses are counted by name alone: not by the host name that a guesser may choose."""
        return f"sign-in:{credentials.get('email', '').strip().lower()}"


def _proven(user: User | None, email: str) -> bool:
    """Whether an address is known to be this person's. One wrong letter, and a stranger could come in."""
    return bool(EmailAddress.objects.filter(user=user, email__iexact=email, verified=True).exists())


def _at_home(url: str) -> str:
    return site.current().base_url + urlsplit(url).path


def _words(template_prefix: str, context: dict[str, Any], name: str, link: str) -> tuple[str, str]:
    if link:
        purpose = LINKS[template_prefix][0]
        return (
            say("%(site)s: a link for you") % {"site": name},
            say(
                "Hello,\n\nOpen this link to %(purpose)s:\n%(link)s\n\nIf you did not ask for it, throw this "
                "e-mail away. Nothing changes then."
            )
            % {"purpose": purpose, "link": link},
        )
    what = CHANGES.get(template_prefix) or _("Something was changed.")
    return (
        say("%(site)s: your sign-in was changed") % {"site": name},
        say("Hello,\n\n%(what)s\n\nIf this was not you, tell us at once.") % {"what": what},
    )


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors as this site has them."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or it was used already. Wait for the next one."),
    }

    def get_totp_issuer(self) -> str:
        """What an authenticator app shows above the code."""
        return site.current().name

    def _get_site_name(self) -> str:
        return site.current().name

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """What a new passkey is called until its owner says otherwise."""
        return say("My passkey")
