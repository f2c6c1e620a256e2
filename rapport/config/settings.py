"""Django's settings, all of them from the environment; `rapport.serving` sets what an operator leaves out.

RAPPORT_DATA_DIR      where secrets, collected static files and the embedded database live
DATABASE_URL          PostgreSQL, 15 or newer, for a role that owns nothing in it
DATABASE_OWNER_URL    the same for the role that owns the tables: for migrations and imports
RAPPORT_SECRET_KEY    signs sign-ins; kept in a file of the data directory when it is not given
RAPPORT_BASE_URL      how people reach the site, such as https://care.example.org
RAPPORT_PROXY         1: a TLS proxy in front sets X-Forwarded-Proto and X-Forwarded-For, trust them
RAPPORT_MAIL_URL      smtp://user:password@host:587 or smtps://…; none: notices stay in the outbox
RAPPORT_MAIL_FROM     sender of notices
RAPPORT_FHIR_RATE     requests a second that one client of /fhir may make (5000); 0: as many as it likes
RAPPORT_DEMO          1: one-click sign-in and a loud banner; set by `rapport demo` alone
RAPPORT_DEBUG         1: developer pages and tracebacks; never in production
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from rapport.config.database import django_database
from rapport.people.conf import *  # noqa: F403 - accounts, sign-ins and the shared cache are people's to say

HOUSE = Path(__file__).resolve().parent.parent


def _switch(name: str) -> bool:
    return os.environ.get(name, "") in ("1", "true", "yes")


DEBUG = _switch("RAPPORT_DEBUG")
DEMO = _switch("RAPPORT_DEMO")
DATA_DIR = Path(os.environ.get("RAPPORT_DATA_DIR", ".data"))
SECRET_KEY = os.environ.get("RAPPORT_SECRET_KEY", "")
if not SECRET_KEY:  # a key that everybody knows would let everybody sign in
    raise ImproperlyConfigured("RAPPORT_SECRET_KEY is not set. Start with `rapport`: it keeps one.")
BASE_URL = os.environ.get("RAPPORT_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
_base = urlsplit(BASE_URL)
SECURE = _base.scheme == "https"

# ---------------------------------------------------------------- the record and the accounts

DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql:///rapport")
DATABASE_OWNER_URL = os.environ.get("DATABASE_OWNER_URL") or DATABASE_URL
DATABASES = {"default": django_database(DATABASE_URL)}
DATABASE_ROLE = os.environ.get("RAPPORT_DATABASE_ROLE", "")  # that Rapport works as, where it owns nothing
if DATABASE_OWNER_URL != DATABASE_URL:
    DATABASES["owner"] = django_database(DATABASE_OWNER_URL)  # for migrations alone
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---------------------------------------------------------------- rooms

INSTALLED_APPS = [
    "rapport.store",
    "rapport.gate",
    "rapport.ui",
    "rapport.people",
    "rapport.fhir_api",
    "rapport.pillars.conversations",
    "rapport.pillars.circle",
    "rapport.pillars.identity",
    "rapport.pillars.plans",
    "rapport.pillars.screens",
    "rapport.pillars.what_matters",
    "rapport.home",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "rapport.people.standings.PatientInAddress",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "rapport.people.sessions.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "rapport.people.middleware.DoorMiddleware",
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # fields look as `ui` draws them
CSRF_FAILURE_VIEW = "rapport.ui.errors.csrf_failure"
ROOT_URLCONF = "rapport.config.urls"
WSGI_APPLICATION = "rapport.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rapport.ui.context.page",
                "rapport.people.standings.page",
            ],
        },
    }
]

# ---------------------------------------------------------------- languages and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español"), ("fr", "Français")]
LOCALE_PATHS = [HOUSE / "ui" / "locale"]
LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # the site's own zone is in its settings text

# ---------------------------------------------------------------- static files: hashed names, kept for ever

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
_hashed = "rapport.config.static.HashedNames"
_plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # files live in the record
    "staticfiles": {"BACKEND": _hashed if _switch("RAPPORT_HASHED_STATIC") else _plain},
}

# ---------------------------------------------------------------- the wire

_hosts = {_base.hostname or "localhost", *os.environ.get("RAPPORT_HOSTS", "").split()}
if not SECURE:
    _hosts |= {"localhost", "127.0.0.1", "[::1]", "testserver"}
ALLOWED_HOSTS = sorted(_hosts)
CSRF_TRUSTED_ORIGINS = [BASE_URL]
if _switch("RAPPORT_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
SECURE_SSL_REDIRECT = False  # the proxy's task; an API that redirects teaches clients to send in clear
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_NAME = "__Host-rapport" if SECURE else "rapport"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-rapport-form" if SECURE else "rapport-form"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
FHIR_RATE = float(os.environ.get("RAPPORT_FHIR_RATE") or 5000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 30 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

# ---------------------------------------------------------------- mail

_mail = urlsplit(os.environ.get("RAPPORT_MAIL_URL", ""))
DEFAULT_FROM_EMAIL = os.environ.get("RAPPORT_MAIL_FROM", f"Rapport <no-reply@{_base.hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_HOST = _mail.hostname or ""
EMAIL_PORT = _mail.port or (465 if _mail.scheme == "smtps" else 587)
EMAIL_HOST_USER = unquote(_mail.username or "")
EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
EMAIL_USE_SSL = _mail.scheme == "smtps"
EMAIL_USE_TLS = _mail.scheme == "smtp" and EMAIL_PORT != 25
EMAIL_TIMEOUT = 20

# ---------------------------------------------------------------- what is written down about running

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
    },
}
