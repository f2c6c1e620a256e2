"""Django settings of this room: accounts, sign-ins, the shared cache. `config.settings` takes them in."""

from __future__ import annotations

from typing import Any

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("email", "display_name")}},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]  # fmt: skip
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/account/login/"

#: One cache for all processes: it counts guesses and remembers one-time codes that were used.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "people_cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}

SESSION_ENGINE = "rapport.people.sessions"
SESSION_COOKIE_AGE = 24 * 3600  # the longest that a site may choose; `middleware.py` ends sign-ins sooner
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_SAVE_EVERY_REQUEST = False

EMAIL_BACKEND = "rapport.people.mail.Backend"

ACCOUNT_ADAPTER = "rapport.people.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # who has no e-mail signs in too; notices go to proven addresses only
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True  # written, then thrown away: an unknown address costs the same time
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before the address or a factor changes, the password once more
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_FORMS = {
    "login": "rapport.people.forms.SignIn",
    "change_password": "rapport.people.forms.NewPassword",
    "reset_password": "rapport.people.forms.ForgottenPassword",
    "reset_password_from_key": "rapport.people.forms.PasswordFromLink",
    "reauthenticate": "rapport.people.forms.StillYou",
    "add_email": "rapport.people.forms.NewEmail",
}
#: Ten wrong tries lock a name for a quarter of an hour, and one place on the net is slowed down.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "30/m/ip,10/15m/key,60/d/key",
    "reset_password": "20/m/ip,5/h/key",
    "reauthenticate": "10/m/user",
}

MFA_ADAPTER = "rapport.people.adapter.FactorAdapter"
MFA_FORMS = {
    "authenticate": "rapport.people.forms.SecondStep",
    "reauthenticate": "rapport.people.forms.SecondStepAgain",
    "activate_totp": "rapport.people.forms.SetUpApp",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are given by invitation, not by sign-up
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_COUNT = 10
MFA_RECOVERY_CODE_DIGITS = 10
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"
