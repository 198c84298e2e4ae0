"""All settings, read only from environment variables. docs/configuration.md lists the variables.

`manage.py live` writes a secret key and the URL of its private Redis to VAR_DIR, so that commands in a second terminal
find the running service.
"""

import datetime
import hashlib
import ssl
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import django
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from asgi_config import environment, installation
from asgi_config.logs.configuration import log_configuration
from asgi_config.var_dir import VAR_DIR
from asgi_config.web.static_version import version_of
from asgi_config.worker.schedule import Every

environment.refuse_variables_of_libraries()

with suppress(OSError):  # code that needs the folder reports the error
    VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG = environment.flag("DEBUG")
HTTPS = environment.flag("HTTPS")
HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.number("PORT", 8000, most=65_535)

SECRET_KEY = environment.secret("SECRET_KEY", VAR_DIR / "secret_key")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set, and VAR_DIR ({VAR_DIR}) has none (arrivals.E000). If Arrivals runs with another "
            "VAR_DIR, set it here too. Otherwise start `make run` once, or set SECRET_KEY to 50 or more random "
            "characters, or set DEBUG=1 to try Arrivals out."
        )
    SECRET_KEY = "django-insecure-for-DEBUG-only"  # noqa: S105
elif not DEBUG and len(SECRET_KEY) < 32:
    raise ImproperlyConfigured(
        "SECRET_KEY has fewer than 32 characters and can be guessed (arrivals.E014): set it to 50 or more random "
        "characters."
    )

ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")
if any("://" not in origin for origin in CSRF_TRUSTED_ORIGINS):
    raise ImproperlyConfigured("CSRF_TRUSTED_ORIGINS: write each with its scheme, such as https://example.com.")

# Arrivals

GENERATE_MIN_TOTAL = environment.number("GENERATE_MIN_TOTAL", 50, most=100_000_000)
GENERATE_MAX_TOTAL = environment.number("GENERATE_MAX_TOTAL", 500, most=100_000_000)
GENERATE_BULK_MAX = environment.number("GENERATE_BULK_MAX", 1_000_000, most=100_000_000)
if not GENERATE_MIN_TOTAL <= GENERATE_MAX_TOTAL <= GENERATE_BULK_MAX:
    raise ImproperlyConfigured(
        "GENERATE_MIN_TOTAL <= GENERATE_MAX_TOTAL <= GENERATE_BULK_MAX must hold: change one of them."
    )
JOBS_AT_WORK_MAX = environment.number("JOBS_AT_WORK_MAX", 20, most=1_000_000)
JOBS_AN_HOUR_MAX = environment.number("JOBS_AN_HOUR_MAX", 1_000, most=1_000_000)
SOCKETS_MAX = environment.number("SOCKETS_MAX", 50, most=1_000_000)
EVENTS_KEEP_DAYS = environment.number("EVENTS_KEEP_DAYS", 7, most=36_500)
EVENTS_KEEP = environment.number("EVENTS_KEEP", 5_000_000, most=1_000_000_000_000)
JOBS_KEEP_DAYS = environment.number("JOBS_KEEP_DAYS", 0, least=0, most=36_500)
HEAD_CHECK_SECONDS = environment.seconds("HEAD_CHECK_SECONDS", 1)
ACCESS_CHECK_SECONDS = environment.seconds("ACCESS_CHECK_SECONDS", 60)
HEARTBEAT_SECONDS = environment.seconds("HEARTBEAT_SECONDS", 15)
TOO_SLOW_SECONDS = environment.seconds("TOO_SLOW_SECONDS", 20)
DRAIN_SECONDS = environment.seconds("DRAIN_SECONDS", 5, may_be_zero=True)
METRICS_TOKEN = environment.secret("METRICS_TOKEN")

# Django

INSTALLED_APPS = [
    "asgi_config",  # first, because its runserver replaces staticfiles'
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ninja",
    "axes",
    "realtime",
    "task",
]
MIDDLEWARE = [
    "asgi_config.monitoring.middleware.health",  # first, because it needs no allowed host, TLS or session
    "asgi_config.web.request_id.request_id",
    "task.api.middleware.problems_under_api",  # early, because it rewrites the errors of all that follow
    "asgi_config.web.request_size.request_size_limit",
    "django.middleware.security.SecurityMiddleware",
    "asgi_config.web.csp.content_security_policy",
    "asgi_config.web.static_files.StaticFiles",
    "asgi_config.web.no_store.no_store",  # behind static files, which stay in the browser's cache
    "django.contrib.sessions.middleware.SessionMiddleware",
    "asgi_config.sign_in.idle_limit.idle_limit",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": installation.TEMPLATES,
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
ROOT_URLCONF = "asgi_config.urls"
ASGI_APPLICATION = "asgi_config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_BACKEND = "asgi_config.sign_in.lockout.PasswordBackend"  # noqa: S105
AUTHENTICATION_BACKENDS = [
    "task.accounts.protected.ProtectedPermissions",  # denies, so it precedes the backend that grants
    PASSWORD_BACKEND,
]
PASSWORD_HASHERS = ["asgi_config.sign_in.hashing.SlotHasher", *global_settings.PASSWORD_HASHERS[1:]]
CSRF_FAILURE_VIEW = "asgi_config.web.views.csrf_failure_page"
SESSION_ENGINE = "asgi_config.sign_in.sessions"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Limits of wrong passwords (django-axes, explained in asgi_config.sign_in.lockout), of idle sessions, and of the size
# of requests to pages

SIGN_IN_FAILURES_MAX = environment.number("SIGN_IN_FAILURES_MAX", 10, most=1_000_000)
SIGN_IN_LOCK_MINUTES = environment.number("SIGN_IN_LOCK_MINUTES", 15, most=10_000)
SIGN_IN_IDLE_MINUTES = environment.number("SIGN_IN_IDLE_MINUTES", 480, most=20_160)
AXES_HANDLER = "asgi_config.sign_in.lockout.Attempts"
AXES_FAILURE_LIMIT = SIGN_IN_FAILURES_MAX
AXES_COOLOFF_TIME = datetime.timedelta(minutes=SIGN_IN_LOCK_MINUTES)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"  # the field name of Django's form, for every user model
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = False  # PasswordBackend does it, before the next attempt is counted
AXES_LOCKOUT_CALLABLE = "asgi_config.sign_in.lockout.locked_page"
AXES_CLIENT_IP_CALLABLE = "asgi_config.sign_in.lockout.client_address"
AXES_DISABLE_ACCESS_LOG = True  # saves a row and two writes per successful sign-in
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 0

# Static files: docs/decisions/0007 explains their URLs.

STATICFILES_DIRS = installation.STATIC
RELEASE = f"{django.__version__} {version('django-ninja')}"  # both bring static files
STATIC_VERSION = None if DEBUG else version_of(*installation.STATIC_SOURCES, release=RELEASE)
STATIC_URL = f"static/{STATIC_VERSION}/" if STATIC_VERSION else "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
if STATIC_VERSION:
    WHITENOISE_IMMUTABLE_FILE_TEST = "^"  # every file

# Cookies of a host go to all its ports, so the names differ from those of other services, and of an Arrivals with
# another key. Browsers accept `__Host-` from this very host over HTTPS only, so no other host of the domain can set it.

COOKIE = f"{'__Host-' if HTTPS else ''}arrivals_{{}}_{hashlib.sha256(f'cookies {SECRET_KEY}'.encode()).hexdigest()[:8]}"
SESSION_COOKIE_NAME = COOKIE.format("session")
CSRF_COOKIE_NAME = COOKIE.format("csrf")
MESSAGE_COOKIE_NAME = COOKIE.format("messages")
MESSAGE_STORAGE = "asgi_config.web.message_storage.MessageStorage"

if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# HSTS for subdomains (W005) and its preload list (W021) bind a whole domain, so its owner must decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# The database: docs/decisions/0004 explains SQLite's options.

DATABASE_URL = environment.secret("DATABASE_URL")
# A path with `#`, `?` or `%` in a URL would be another path.
DATABASES: dict[str, dict[str, Any]] = {
    "default": environment.database(DATABASE_URL)
    if DATABASE_URL
    else {"ENGINE": environment.SQLITE, "NAME": str(VAR_DIR / "db.sqlite3")}
}
if DATABASES["default"]["ENGINE"] == environment.SQLITE:
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        # With the default checkpoint after 1000 pages, each large step ends with one: a sixth more processor time per
        # account. The size limit shrinks a log that grew during a long read back to 64 MiB.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000; "
        "PRAGMA journal_size_limit=67108864;",
    }

else:
    # Lock waits are as long as on SQLite. Locks of a frozen process or a lost host are released after 30 s. With TCP's
    # defaults the server would notice after two hours (decision 19). A client notices a lost server after 20 s instead
    # of a quarter of an hour.
    timeouts = {
        "connect_timeout": 5,
        "options": "-c lock_timeout=20s -c idle_in_transaction_session_timeout=30s",
        "tcp_user_timeout": 20_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
    }
    DATABASES["default"]["OPTIONS"] = timeouts | DATABASES["default"].get("OPTIONS", {})
    if environment.flag("DATABASE_POOL"):
        # asgi.py sets this, so that the short reads of many watchers share a few connections.
        DATABASES["default"]["ENGINE"] = "asgi_config.web.postgresql"

# Redis: Celery's queue and the channel layer

REDIS_URL = environment.secret("REDIS_URL", VAR_DIR / "redis.url")
environment.require_redis_address(REDIS_URL)
REDIS_ADDRESS = REDIS_URL or "redis://127.0.0.1:6379/0"
REDIS_PREFIX = environment.redis_prefix(SECRET_KEY)

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "prefix": f"{REDIS_PREFIX}asgi",
            "hosts": [
                {
                    "address": REDIS_ADDRESS,
                    "socket_connect_timeout": 2,
                    "socket_timeout": 5,
                    "health_check_interval": 15,
                }
            ],
        },
    }
}

CELERY_BROKER_URL = REDIS_ADDRESS
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "global_keyprefix": REDIS_PREFIX,
    # A slice lasts 2 s, so a running task is never redelivered. kombu looks for lost messages every 5 s.
    "visibility_timeout": 120,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 15,
    "max_retries": 0,  # for connections that send; the worker's own retries for ever
}
if REDIS_ADDRESS.startswith("rediss:"):
    # Without this kombu accepts any certificate. redis-py, which the layer uses, always verifies.
    CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# redis-py reconnects by itself, and the rescue sends what could not be sent. With retries (this, and max_retries above)
# a page waited 8.3 s for a frozen Redis, without them 2.0 s.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 30
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_ANNOTATIONS = {"*": {"throws": (SoftTimeLimitExceeded,)}}  # a warning names it, so no traceback
# The rescue has its own queue, so that it does not wait behind jobs. A worker takes from its queues in turn.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("upkeep")]
CELERY_TASK_ROUTES = {
    "task.tasks.rescue_jobs": {"queue": "upkeep"},
    "realtime.tasks.relay_outbox": {"queue": "upkeep"},
    "realtime.tasks.trim_feeds": {"queue": "upkeep"},
    "asgi_config.tasks.tidy": {"queue": "upkeep"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = True
CELERY_BEAT_SCHEDULE = {
    "rescue": {"task": "task.tasks.rescue_jobs", "schedule": Every(5), "options": {"expires": 60}},
    "tidy": {"task": "asgi_config.tasks.tidy", "schedule": Every(3600), "options": {"expires": 3600}},
    "relay": {"task": "realtime.tasks.relay_outbox", "schedule": Every(60), "options": {"expires": 60}},
    "trim": {"task": "realtime.tasks.trim_feeds", "schedule": Every(3600), "options": {"expires": 3600}},
}
# Beat pickles Every by its dotted name into this file, so a rename of the class needs a new file name. Celery's
# default, "celerybeat-schedule", is avoided because older releases cannot read it with Every in it.
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-last-runs")

# Logs: one line per record on stderr, in the same format from web processes and workers

LOG_LEVEL = environment.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"])
LOG_FORMAT = environment.choice("LOG_FORMAT", "text", ["text", "json"])
LINES = {"text": "asgi_config.logs.formatters.TextLines", "json": "asgi_config.logs.formatters.JsonLines"}[LOG_FORMAT]
LOGGING = log_configuration(LOG_LEVEL, LINES)
