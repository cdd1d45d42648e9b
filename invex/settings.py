"""Settings: the one place where the environment is read. A bad value fails here, loudly."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import os
import re
import secrets
import sys
import tempfile
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def _integer(name: str, default: int, *, least: int = 0) -> int:
    raw = os.environ.get(name, "")
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        value = least - 1
    if value < least:
        raise ImproperlyConfigured(f"{name}={raw!r}: give a whole number of at least {least}")
    return value


def _flag(name: str, *, default: bool) -> bool:
    raw = os.environ.get(name, "").lower()
    if raw in ("", "1", "0", "true", "false", "yes", "no"):
        return default if raw == "" else raw in ("1", "true", "yes")
    raise ImproperlyConfigured(f"{name}={raw!r}: give 1 or 0")


def _networks(name: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in os.environ.get(name, "").split(",") if part.strip())
    except ValueError as e:
        raise ImproperlyConfigured(f"{name}: {e}; give networks like 10.1.0.0/16,192.168.7.20/32") from e


# --- where everything lies -------------------------------------------------------------------------------------------
DATA_DIR = Path(os.environ.get("DATA") or BASE_DIR / "data").resolve()
STORAGE_URL = os.environ.get("STORAGE_URL") or (DATA_DIR / "blobs").as_uri()
TMP_DIR = DATA_DIR / "tmp"
CACHE_BYTES = _integer("INVEX_CACHE_MB", 4096, least=1) * 2**20  # of files of an S3 store on this machine


# These work on files that they are told, and make no data folder.
OFFLINE_COMMANDS = {"extract", "learn", "predict", "evaluate"}


def _secret_key() -> str:
    """The SECRET_KEY of the environment, else one that is made once and kept in DATA."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = DATA_DIR / "secret_key"
    try:
        return path.read_text().strip()
    except OSError:
        pass
    if OFFLINE_COMMANDS & set(sys.argv[1:2]):
        return secrets.token_urlsafe(50)
    try:
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as f:
            f.write(secrets.token_urlsafe(50))
        return path.read_text().strip()
    except FileExistsError:  # another process was first
        return path.read_text().strip()
    except OSError:  # a read-only place: what is signed with it does not outlive the process
        return secrets.token_urlsafe(50)


SECRET_KEY = _secret_key()
DEBUG = _flag("INVEX_DEBUG", default=False)
ALLOWED_HOSTS = [h for h in os.environ.get("INVEX_HOSTS", "*").split(",") if h]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("INVEX_ORIGINS", "").split(",") if o]

# --- Django ----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_rq",
    "ninja",
    "axes",
    "invex.kernel",
    "invex.accounts",
    "invex.documents",
    "invex.catalog",
    "invex.masterdata",
    "invex.extraction",
    "invex.review",
    "invex.studio",
    "invex.results",
    "invex.web",
    "invex.operations",
    "mlops.memory",
    "mlops.compute",
    "mlops.datasets",
    "mlops.training",
    "mlops.registry",
    "mlops.deployment",
    "mlops.automation",
    "mlops.monitoring",
    "mlops.retraining",
    "mlops.console",
]
MIDDLEWARE = [
    "invex.kernel.request_ids.RequestIds",
    "invex.kernel.rest.problems.ProblemAnswers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "invex.web.middleware.ContentSecurityPolicy",
    "invex.web.middleware.ErrorPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "invex.web.language.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "invex.web.middleware.UploadLimit",
    "invex.web.middleware.NoUnkeepableText",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "invex.urls"
WSGI_APPLICATION = "invex.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "invex.web.context.shell",
            ],
            "builtins": ["invex.web.templatetags.spoken"],
        },
    }
]

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'invex.sqlite3'}", conn_max_age=60
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Write-ahead log: readers never wait. Immediate: a writer takes its lock at the start, so that a busy database
    # makes it wait (timeout, seconds) instead of failing in mid-transaction.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# The first lets nobody in: it refuses who failed too often.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # both at once: nobody locks out a colleague, or an office
AXES_FAILURE_LIMIT = 5
LOGIN_FAILURES_BY_NAME = 20  # from all addresses, where the browser is not known to be the person's
AXES_HANDLER = "invex.accounts.login.LoginHandler"
AXES_COOLOFF_TIME = datetime.timedelta(minutes=15)  # since the last failure that was counted
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "invex.accounts.login.client_address"
AXES_LOCKOUT_CALLABLE = "invex.accounts.login.locked_out"
PROXIES = _integer("INVEX_PROXIES", 0)  # reverse proxies in front, each of which adds to X-Forwarded-For
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _flag("INVEX_HTTPS", default=False)
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "invex" / "locale"]
TIME_ZONE = os.environ.get("TZ") or "UTC"
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = "invex.formats"  # dates as pages write them, by language


def _digest(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(f.name.encode() + f.read_bytes() for f in files if f.is_file())).hexdigest()[:12]


# What the files are is part of their address: a browser keeps them for ever, and asks for the new ones after an update.
STATIC_URL = f"/static/{_digest([*sorted((BASE_DIR / 'static').rglob('*')), BASE_DIR / 'requirements.lock'])}/"
WHITENOISE_IMMUTABLE_FILE_TEST = re.escape(STATIC_URL)
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a template of 500 fields, four inputs each

# --- queues ----------------------------------------------------------------------------------------------------------
# The database is the truth, Redis only wakes workers: every queue may be flushed at any time.
OWN_REDIS = not os.environ.get("REDIS_URL")
UNIX_SOCKET_PATH_BYTES = 100  # the kernel's limit is 107


def _own_redis_url() -> str:
    """A socket in DATA, or where that path is too long for a socket, one in a folder of /tmp named after it."""
    path = DATA_DIR / "redis" / "redis.sock"
    if len(os.fsencode(path)) > UNIX_SOCKET_PATH_BYTES:
        name = hashlib.sha256(os.fsencode(DATA_DIR)).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"invex-{os.getuid()}-{name}" / "redis.sock"
    return f"unix://{path}"


REDIS_URL = os.environ.get("REDIS_URL") or _own_redis_url()
QUEUES = ("read", "extract", "extract-gpu", "online", "default", "results", "training")
RQ_QUEUES = {
    name: {
        "URL": REDIS_URL,
        "DEFAULT_TIMEOUT": -1 if name in ("read", "results", "training") else 600,  # s; those limit themselves
        "SERIALIZER": "rq.serializers.JSONSerializer",  # never pickle
        "REDIS_CLIENT_KWARGS": {"socket_connect_timeout": 2},
    }
    for name in QUEUES
}
RQ_SHOW_ADMIN_LINK = False

# --- Invex -----------------------------------------------------------------------------------------------------------
MAX_UPLOAD_BYTES = _integer("INVEX_MAX_UPLOAD_MB", 100, least=1) * 2**20
MAX_PAGES = _integer("INVEX_MAX_PAGES", 500, least=1)
MAX_ARCHIVE_FILES = _integer("INVEX_MAX_ZIP_FILES", 1000, least=1)
MAX_ARCHIVE_BYTES = _integer("INVEX_MAX_ZIP_MB", 1000, least=1) * 2**20  # unpacked
CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
READERS = _integer("INVEX_READERS", max(1, CPUS), least=1)  # processes that read files, one thread each
WEB_PROCESSES = _integer("INVEX_WEB_PROCESSES", min(4, max(2, CPUS)), least=1)
READ_ATTEMPTS = _integer("INVEX_READ_ATTEMPTS", 3, least=1)
WEBHOOK_ALLOW = _networks("INVEX_WEBHOOK_ALLOW")  # networks that are not public and that webhooks may reach
PAGE_IMAGE_DPI = _integer("INVEX_PAGE_DPI", 150, least=50)
SHARP_PAGE_DPI = 2 * PAGE_IMAGE_DPI  # for who looks closer, and for OCR of a box that a person draws
MONITORING_DAYS = _integer("INVEX_MONITORING_DAYS", 400, least=1)  # that events and figures of the monitoring are kept
DEVICE = os.environ.get("INVEX_DEVICE", "auto")  # of this machine: with a GPU, a worker for queue extract-gpu
if DEVICE not in ("auto", "cpu") and not re.fullmatch(r"cuda:\d+", DEVICE):
    raise ImproperlyConfigured(f"INVEX_DEVICE={DEVICE!r}: give auto, cpu or cuda:0")
SERVING_DEVICE = "cpu"  # of this process; the worker of extract-gpu takes the machine's


def _repositories() -> dict[str, str]:
    """INVEX_REPOSITORIES, "name=url name=url": where builds are pushed to and pulled from."""
    pairs = [part.partition("=") for part in os.environ.get("INVEX_REPOSITORIES", "").split()]
    if not all(name and url for name, _, url in pairs):
        raise ImproperlyConfigured(
            "INVEX_REPOSITORIES: give name=URL by spaces, a URL of file:///a/folder, s3://bucket/prefix or https://host"
        )
    return {name: url for name, _, url in pairs}


BUILD_REPOSITORIES = _repositories()

# What the product takes from the factory, by dotted name: invex never imports mlops.
FLOW = "invex.flow.JOBS"  # event name -> jobs to wake
PREDICTOR = "mlops.deployment.predictor.load"  # (project id) -> predictor
DEPLOYED_PACKAGES = "mlops.deployment.packages.in_use"  # (project id) -> {build: loader}; the memory asks
GROUPER = "mlops.memory.lookalikes.assign"  # (groups, documents) -> the group of each; invex.studio.ports
TRIAL_LEARNER = "mlops.memory.trial.learn"  # (project id, template, document, label, its key) -> Learned
ALWAYS_FILLED = "invex.review.queries.always_filled"  # (project id, template) -> keys of fields, tables, columns
REVIEW_REASONS = "invex.extraction.queries.reasons"  # (document) -> [{"code", "message", "field"}]
HELD_EXAMPLES = "mlops.memory.held.examples"  # (project, template) -> [invex.review.ports.HeldExample]
SUSPECTED_LABELS = "mlops.datasets.queries.suspected"  # (project) -> sha256 of documents
OFFLINE_PREDICTOR = "mlops.learning.predictor.load"  # (package path or None) -> predictor
API_ROUTERS = [
    ("", "invex.documents.api.router"),
    ("", "invex.results.api.router"),
    ("", "invex.catalog.api.router"),
    ("", "invex.masterdata.api.router"),
    ("", "mlops.datasets.api.router"),
    ("", "mlops.training.api.router"),
    ("", "mlops.registry.api.router"),
    ("", "mlops.deployment.api.router"),
    ("", "mlops.deployment.blast_api.router"),
    ("", "mlops.retraining.api.router"),
]
METRICS = ["mlops.monitoring.metrics.families"]  # () -> metric families of prometheus_client, for /metrics
# entries of the menu, as those of invex.web.context.PLACES
SHELL_PLACES = ["mlops.console.places.PLACES", "mlops.monitoring.places.PLACES"]
PROJECT_PAGES = [  # addresses below a project
    "mlops.automation.urls.project_pages",
    "mlops.memory.urls.project_pages",
    "mlops.retraining.urls.project_pages",
    "mlops.monitoring.urls.project_pages",
    "mlops.console.urls.project_pages",
]
ERASURE_WITNESSES = ["mlops.console.lineage.witnesses"]  # (access, document id) -> invex.documents.witnesses.Witnesses
DASHBOARD_TILES = ["mlops.automation.tiles.audit"]  # (access) -> invex.web.tiles.Tile or None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"}},
    "filters": {"request_id": {"()": "invex.kernel.request_ids.RequestIdFilter"}},
    "loggers": {"axes": {"level": "WARNING"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("INVEX_LOG_LEVEL", "INFO")},
}
