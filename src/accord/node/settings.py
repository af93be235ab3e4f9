"""Django settings of a node, from the environment and the node's home folder. What an agency sets: `node_settings`."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from accord.node.home import Home
from accord.node.node_settings import NodeSettings
from accord.web.catalogues import locale_folders

HOME = Home.from_environment()

SECRET_KEY = HOME.secret_key()
DEBUG = False
NODE = NodeSettings.of(HOME)
ALLOWED_HOSTS = [*NODE.allowed_hosts, "127.0.0.1", "localhost", "[::1]"]
ACCORD_INSTITUTIONS = {code: (names["name"], names["name_zh"]) for code, names in HOME.institutions().items()}
ACCORD_EXERCISE = HOME.exercise.exists()
ACCORD_SECOND_FACTOR = NODE.second_factor
ACCORD_RETENTION_FILE = HOME.root / "retention.toml"
ACCORD_BEHIND_TLS = NODE.behind_tls
ACCORD_JURISDICTION = NODE.jurisdiction
ACCORD_CONTACT = NODE.contact
ACCORD_PUBLIC_URL = NODE.public_url
ACCORD_AGENCY = NODE.agency
ACCORD_AGENCY_KIND = NODE.agency_kind
ACCORD_BANK_ACKNOWLEDGE_MINUTES = NODE.bank_acknowledge_minutes
ACCORD_BANK_EXECUTE_MINUTES = NODE.bank_execute_minutes
ACCORD_BANK_LONGEST_HOURS = NODE.bank_longest_hours
ACCORD_HOTLINE = NODE.hotline
ACCORD_AGENCY_NAME = NODE.agency_name
ACCORD_AGENCY_NAME_ZH = NODE.agency_name_zh
ACCORD_PARTNER_URL = NODE.partner_url
ACCORD_PARTNER_CA = NODE.partner_ca
ACCORD_PARTNER_CERTIFICATE = NODE.partner_certificate
ACCORD_PARTNER_KEY = NODE.partner_key
ACCORD_PARTNER_TLS_SHA256 = NODE.partner_tls_sha256
ACCORD_COVERS_COUNTRIES = NODE.covers_countries
ACCORD_COVERS_INSTITUTIONS = NODE.covers_institutions
ACCORD_KEYS = HOME.keys
ACCORD_KEY_PASSPHRASE_FILE = NODE.key_passphrase_file

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "accord.capabilities.people",
    "accord.capabilities.reports",
    "accord.capabilities.claims",
    "accord.capabilities.orders",
    "accord.capabilities.controls",
    "accord.capabilities.exchange",
    "accord.capabilities.supervision",
    "accord.web",
    "accord.sites.common",
    "accord.sites.accounts",
    "accord.sites.desk",
    "accord.sites.bank",
    "accord.sites.liaison",
    "accord.sites.oversight",
    "accord.sites.public",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accord.web.page_headers.PageHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accord.sites.accounts.middleware.session_limits.SessionLimits",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "accord.sites.accounts.middleware.gate.Gate",
    "accord.sites.accounts.middleware.record_of_reads.RecordOfReads",
    "accord.web.errors.AccordErrors",
]

_IS_BANK = ACCORD_AGENCY_KIND == "bank"
ROOT_URLCONF = "accord.node.bank_urls" if _IS_BANK else "accord.node.urls"
WSGI_APPLICATION = "accord.node.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ]
        },
    }
]


def database_from_url(url: str) -> dict[str, Any]:
    """Django's database dictionary for a postgresql:// URL; its query, such as ?sslmode=verify-full, goes to the driver."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(f"ACCORD_DATABASE_URL must begin with postgresql://, not {parts.scheme}://")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def sqlite_database(path: Path) -> dict[str, Any]:
    """Django's database dictionary for a SQLite file: readers never wait for the writer, writers queue instead of failing."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;",
        },
        # a file, so that several threads of one test see the same rows
        "TEST": {"NAME": path.with_name("test-" + path.name)},
    }


_DATABASE_URL = NODE.database_url
DATABASES = {"default": database_from_url(_DATABASE_URL) if _DATABASE_URL else sqlite_database(HOME.database)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "bank:inbox" if _IS_BANK else "desk:queue"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
ACCORD_LANDING = {  # by role; all others: LOGIN_REDIRECT_URL
    "administrator": "accounts:users",
    "auditor": "bank:audit" if _IS_BANK else "desk:audit",
    **({} if _IS_BANK else {"liaison": "liaison:overview"}),
}
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

AXES_HANDLER = "accord.capabilities.people.lockout.Lockout"
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]  # each by itself; an address may fail five times as often
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or a stranger could keep an officer out for ever
AXES_LOCKOUT_CALLABLE = "accord.sites.accounts.views.locked.show"
AXES_CLIENT_IP_CALLABLE = "accord.capabilities.people.lockout.client_address"
AXES_SENSITIVE_PARAMETERS = ["password", "code", "answer", "csrfmiddlewaretoken"]
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True  # sign-ins are in the audit
AXES_VERBOSE = False

USE_TZ = True
TIME_ZONE = NODE.time_zone
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Chinese (simplified)"))]
LOCALE_PATHS = locale_folders()

STATIC_URL = "/static/"
STATIC_ROOT = None  # assets are served from the package itself; nothing is collected
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# TLS ends at a reverse proxy, which sets this header (ACCORD_BEHIND_TLS=1 says that it may be believed), or at the desk's
# own process, which `accord node run --tls-cert` tells so. Browsers are then told to come by TLS alone for a month.
if ACCORD_BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if ACCORD_BEHIND_TLS or os.environ.get("ACCORD_SERVES_TLS") == "1":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 30 * 24 * 3600

DATA_UPLOAD_MAX_MEMORY_SIZE = 24 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {"axes": {"level": "ERROR"}},  # it logs what was typed as a name, which may be a password
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
