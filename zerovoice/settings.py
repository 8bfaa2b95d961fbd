"""Settings, read once from the environment.

Each name has its meaning beside it. `ZEROVOICE_ENV` is `production` unless said otherwise, so that forgetting it is
the safe mistake; `make run` and the tests say `development` and `test`. What production must not start with is refused
by the system checks of the app that owns it (`manage.py check --deploy`).
"""

from datetime import timedelta
from pathlib import Path

import environ
from celery.schedules import crontab
from django.templatetags.static import static
from django.urls import reverse

import numbers
from zerovoice.lib.logging import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
if not hasattr(numbers, "__path__"):
    # Our app shares its name with a standard module that came first; see numbers/__init__.py.
    numbers.__path__ = [str(BASE_DIR / "numbers")]
env = environ.Env()

# --- What kind of process this is -----------------------------------------------------------------------------------
ZEROVOICE_ENV = env.str("ZEROVOICE_ENV", "production")  # production | development | test
PRODUCTION = ZEROVOICE_ENV == "production"
DEBUG = env.bool("DEBUG", False)
VERSION = "0.1.0"

DEVELOPMENT_SECRET_KEY = "development-only-key-that-production-refuses-to-start-with"  # noqa: S105
SECRET_KEY = env.str("SECRET_KEY", DEVELOPMENT_SECRET_KEY)  # signs tokens, encrypts tenant secrets, keys pseudonyms
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # earlier keys, still accepted: rotate without loss
# Keys the stand-ins by which the Do-Not-Call list finds people, erased ones too. Stand-ins under an earlier key are
# found as long as it is among the fallbacks; without it, people who must not be called would be called again.
PSEUDONYM_KEY = env.str("PSEUDONYM_KEY", SECRET_KEY)
PSEUDONYM_KEY_FALLBACKS = [
    key
    for key in (*env.list("PSEUDONYM_KEY_FALLBACKS", default=[]), SECRET_KEY, *SECRET_KEY_FALLBACKS)
    if key != PSEUDONYM_KEY
]

PUBLIC_URL = env.str("PUBLIC_URL", "http://localhost:8000").rstrip("/")  # where carrier and browsers reach us; signed
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "zerovoice.backoffice.problems.csrf_failure"

# --- PostgreSQL, Redis ----------------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", "postgres:///zerovoice")
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", 0)  # connections per process; 0: one persistent one per thread
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"]["ENGINE"] = "django_prometheus.db.backends.postgresql"
DATABASES["default"]["ATOMIC_REQUESTS"] = False
# A server that does not answer, or that is gone without a word, is noticed while the carrier still waits for what a
# caller is to hear (four seconds: `carrier.webhooks.CONNECTION`).
DATABASES["default"].setdefault("OPTIONS", {}).update(connect_timeout=3, tcp_user_timeout=3000)
# What a read out of order costs against one in order: today's storage has no head to move, PostgreSQL's default of 4
# has. Left at that, it reads a table from its beginning where an index would answer. Empty: as the server says
# (PgBouncer takes the setting only with `ignore_startup_parameters = options`).
DATABASE_RANDOM_PAGE_COST = env.str("DATABASE_RANDOM_PAGE_COST", "1.1")
if DATABASE_RANDOM_PAGE_COST:
    # How alike a word must be to count as a typing error of another; PostgreSQL's own 0.6 does not forgive "Micheal".
    DATABASES["default"]["OPTIONS"]["options"] = (
        f"-c random_page_cost={DATABASE_RANDOM_PAGE_COST} -c pg_trgm.word_similarity_threshold=0.5"
    )
if DATABASE_POOL_SIZE:
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 5}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str(
    "REDIS_URL", "redis://localhost:6379/0"
)  # broker, cache, rate limit, breaker: all of it may be lost
REDIS_SOCKET_OPTIONS = {"socket_timeout": 2.0, "socket_connect_timeout": 1.0}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "zv",
        "OPTIONS": REDIS_SOCKET_OPTIONS,
    },
    "counters": {  # rate limits
        "BACKEND": "zerovoice.api.cache.CounterCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "zv",
        "OPTIONS": REDIS_SOCKET_OPTIONS,
    },
}
RATELIMIT_USE_CACHE = "counters"

# --- Apps -----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "zerovoice.backoffice",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "zerovoice.backoffice.apps.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "django_otp",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
    "django_prometheus",
    "zerovoice.api",
    "zerovoice.accounts",
    "zerovoice.carrier",
    "zerovoice.webhooks",
    "zerovoice.billing",
    "zerovoice.zerodb",
    "zerovoice.speech",
    "zerovoice.bulk",
    "numbers",
    "contacts",
    "compliance",
    "messaging",
    "calls",
    "analytics",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "zerovoice.api.middleware.RequestIdMiddleware",
    "zerovoice.api.middleware.RequestLogMiddleware",
    "zerovoice.api.middleware.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "zerovoice.urls"
WSGI_APPLICATION = "zerovoice.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# --- Files ----------------------------------------------------------------------------------------------------------
MEDIA_ROOT = env.str("MEDIA_ROOT", str(BASE_DIR / "var" / "media"))  # recordings; shared by web and workers
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", str(BASE_DIR / "var" / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

# --- Log-in and security --------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
AUTHENTICATION_BACKENDS = ["zerovoice.accounts.login.ThrottledBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if ZEROVOICE_ENV == "test"
    else ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# Codes of an authenticator app at log-in. optional: for who has set one up, and for all of an organisation that
# requires it; required: for everybody who enters the admin site; off: nobody is asked (when the operators lost theirs).
ADMIN_TWO_FACTOR = env.str("ADMIN_TWO_FACTOR", "optional")
SESSION_COOKIE_AGE = env.int("SESSION_HOURS", 12) * 3600  # a working day; then people log in again
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", False)  # platforms usually end TLS and redirect in front of us
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)  # then X-Forwarded-Proto and the last X-Forwarded-For are believed
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("ACCESS_TOKEN_MINUTES", 15)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.int("REFRESH_TOKEN_DAYS", 7)),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "SIGNING_KEY": SECRET_KEY,
    "ALGORITHM": "HS256",
}

# --- The API --------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "zerovoice.accounts.authentication.ApiKeyAuthentication",
        "zerovoice.accounts.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["zerovoice.api.permissions.HasScope"],
    "DEFAULT_PAGINATION_CLASS": "zerovoice.api.pagination.PageLimitPagination",
    "DEFAULT_FILTER_BACKENDS": ["zerovoice.api.filters.StrictFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["zerovoice.api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["zerovoice.api.parsers.OrjsonParser"],
    "DEFAULT_SCHEMA_CLASS": "zerovoice.api.schema.ApiSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "zerovoice.api.renderers.JsonNegotiation",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "zerovoice.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
RATE_LIMIT_PER_MINUTE = env.int("RATE_LIMIT_PER_MINUTE", 200)  # an organisation's, unless it has a figure of its own

UNFOLD = {
    "SITE_TITLE": "ZeroVoice",
    "SITE_HEADER": "ZeroVoice",
    "SITE_SYMBOL": "call",  # of the Material Symbols that Unfold ships
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: (
                "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
                "%3Ccircle cx='8' cy='8' r='8' fill='%239810fa'/%3E%3C/svg%3E"
            ),
        }
    ],
    "SITE_URL": None,  # there is no other site to return to
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "4px",
    # As text on the dark theme's ground Unfold's own is not readable for everybody (contrast 4.1; this one has 6.3).
    "COLORS": {"primary": {"500": "oklch(71.4% .203 305.504)"}},
    "STYLES": [lambda request: static("backoffice/backoffice.css")],
    "ACCOUNT": {"navigation": [{"title": "Your account", "link": lambda request: reverse("admin:account")}]},
    "SIDEBAR": {"navigation": "zerovoice.backoffice.navigation.sections", "command_search": True},
    "SCRIPTS": [lambda request: static("backoffice/site.js")],
}

SPECTACULAR_SETTINGS = {
    "TITLE": "ZeroVoice API",
    "DESCRIPTION": (
        "Place, receive, follow, record and search telephone calls. Guides with examples: [docs/api](/docs/api/index)."
    ),
    "VERSION": VERSION,
    "SERVERS": [{"url": "/", "description": "This instance"}],
    "EXTERNAL_DOCS": {"url": f"{PUBLIC_URL}/docs/api/index", "description": "Guides"},
    "TAGS": [
        {"name": "Calls", "description": "Place calls, follow them while they last, search them afterwards."},
        {"name": "Queues", "description": "Where callers wait for an agent."},
        {"name": "Agents", "description": "Who takes calls, on which phone, and whether they do now."},
        {"name": "Voicemails", "description": "Messages that callers left, in the boxes of queues and agents."},
        {"name": "Transcripts", "description": "What was said in recorded calls and voicemails, and where."},
        {"name": "Analytics", "description": "What happened on the floor, in numbers."},
        {"name": "IVR Menus", "description": "What callers are asked, and where each answer leads."},
        {"name": "Business Hours", "description": "When calls take a number's own route."},
        {"name": "Prompts", "description": "Sounds of your own: greetings, and music to wait by."},
        {"name": "Wrap-up Codes", "description": "The words with which agents close calls."},
        {"name": "SMS", "description": "Write to people, read what they write, follow what became of it."},
        {"name": "Contacts", "description": "Whom your organization knows: found by parts of names and numbers."},
        {"name": "Phone Numbers", "description": "The numbers that your organization owns."},
        {"name": "Compliance", "description": "Who must not be called or written to, and when."},
        {"name": "Webhooks", "description": "Where your systems are told what happens, and whether they were."},
        {"name": "Events", "description": "Everything that happened, in one line, to be read at your own pace."},
        {"name": "Billing", "description": "What was used, what it costs, and how much may be spent."},
        {"name": "Privacy", "description": "What you hold about a person: handed out, erased, kept no longer."},
        {"name": "Members", "description": "The people of your organization and their roles."},
        {"name": "API Keys", "description": "Credentials of programs."},
        {"name": "Authentication", "description": "Credentials of people."},
    ],
    "ENUM_NAME_OVERRIDES": {
        "Direction": "calls.models.Call.Direction",
        "CallStatus": "calls.models.Call.Status",
        "CallPhase": "calls.models.Call.Phase",
        "LegRole": "calls.models.CallLeg.Role",
        "AgentState": "calls.models.Agent.State",
        "MenuInput": "calls.models.IvrMenu.Input",
        "Strategy": "calls.models.queue.STRATEGIES",
        "RecordingStatus": "calls.models.Recording.Status",
        "VoicemailStatus": "calls.models.Voicemail.Status",
        "TranscriptStatus": "calls.models.Transcript.Status",
        "TranscriptStep": "calls.models.TranscriptStep.Kind",
        "Speaker": "calls.models.Segment.Speaker",
        "Mood": "calls.models.Mood",
        "Interval": "analytics.buckets.INTERVALS",
        "Matched": "calls.transcript_search.MATCHED",
        "Semantic": "calls.transcript_search.SEMANTIC",
        "RecordingKind": "calls.models.Recording.Kind",
        "MonitorMode": "calls.models.CallLeg.Mode",
        "WorkState": "zerovoice.carrier.work.State",
        "MessageStatus": "messaging.models.Message.Status",
        "MessageEncoding": "messaging.models.Message.Encoding",
        "OnDuplicate": "contacts.job_views.ON_DUPLICATE",
        "DncSource": "compliance.models.DncEntry.Source",
        "Channel": "compliance.models.Channel",
        "PrivacyRequestKind": "compliance.models.PrivacyRequest.Kind",
        "RetentionKind": "compliance.models.RetentionRun.Kind",
        "RemovalPlace": "compliance.models.Removal.Place",
        "RecordingConsent": "compliance.models.Settings.Consent",
        "ConsentMode": "calls.models.Call.Consent",
        "RefusalReason": "compliance.models.Reason",
        "UsageKind": "zerovoice.billing.models.Kind",
        "InvoiceStatus": "zerovoice.billing.models.Invoice.Status",
        "NumberType": "numbers.models.PhoneNumber.Type",
        "NumberStatus": "numbers.models.PhoneNumber.Status",
        "DriftKind": "numbers.models.Drift.Kind",
        "RoutingType": "numbers.registry.KINDS",
        "Role": "zerovoice.accounts.models.Membership.Role",
        "Scope": "zerovoice.accounts.serializers.SCOPES",
        "DeliveryState": "zerovoice.webhooks.models.Delivery.State",
        "Presence": "calls.models.Agent.PRESENCES",
        "TransferType": "calls.serializers.transfer.TRANSFER_TYPES",
    },
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "zerovoice.api.schema.add_common_components",
    ],
}

# --- The carrier ----------------------------------------------------------------------------------------------------
TWILIO_ACCOUNT_SID = env.str(
    "TWILIO_ACCOUNT_SID", ""
)  # the instance's account; organisations may have one of their own
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", "")  # signs webhooks; authenticates REST where no API key is given
TWILIO_API_KEY_SID = env.str("TWILIO_API_KEY_SID", "")  # preferred for REST; also signs voice tokens
TWILIO_API_KEY_SECRET = env.str("TWILIO_API_KEY_SECRET", "")
TWIML_APP_SID = env.str("TWIML_APP_SID", "")  # what browsers dial through; voice tokens name it, and need it
TWILIO_REGION = env.str("TWILIO_REGION", "")
TWILIO_EDGE = env.str("TWILIO_EDGE", "")
TWILIO_API_URL = env.str("TWILIO_API_URL", "").rstrip("/")  # empty: Twilio's own hosts
CARRIER_CONNECT_TIMEOUT_SECONDS = env.float("CARRIER_CONNECT_TIMEOUT_SECONDS", 3.0)
CARRIER_READ_TIMEOUT_SECONDS = env.float("CARRIER_READ_TIMEOUT_SECONDS", 10.0)
CARRIER_BREAKER_FAILURES = env.int("CARRIER_BREAKER_FAILURES", 5)  # consecutive ones that open the breaker
CARRIER_BREAKER_RESET_SECONDS = env.int("CARRIER_BREAKER_RESET_SECONDS", 30)  # until one probe is let through
CARRIER_KEEP_DAYS = env.int("CARRIER_KEEP_DAYS", 30)  # how long receipts and commands are kept once they are done

# --- Webhooks: telling organisations' own systems -------------------------------------------------------------------
# Networks (CIDR) that endpoints may be in although they are not the public internet. For development and tests, which
# have their endpoints on this machine; production refuses to start with any.
WEBHOOK_ALLOWED_NETWORKS = env.list(
    "WEBHOOK_ALLOWED_NETWORKS", default=[] if PRODUCTION else ["127.0.0.1/32", "::1/128"]
)
# Pauses before the second attempt, the third, and so on, at least; the last of them makes it a day and more.
WEBHOOK_RETRY_SECONDS = env.list(
    "WEBHOOK_RETRY_SECONDS",
    cast=float,
    default=[2, 5, 15, 30, 60, 120, 300, 900, 1800, 3600, 7200, 14400, 28800, 36000],
)
WEBHOOK_TIMEOUT_SECONDS = env.float("WEBHOOK_TIMEOUT_SECONDS", 15.0)  # of an attempt, from the look-up to the answer
WEBHOOK_CONCURRENCY = env.int("WEBHOOK_CONCURRENCY", 64)  # attempts at the same time, of each sender
WEBHOOK_SENDERS = env.int("WEBHOOK_SENDERS", 1)  # how many worker processes may send webhooks at the same time
WEBHOOK_DISABLE_AFTER_DAYS = env.float("WEBHOOK_DISABLE_AFTER_DAYS", 5.0)  # days of nothing but failures
WEBHOOK_BODY_DAYS = env.int("WEBHOOK_BODY_DAYS", 30)  # how long what was sent is kept; the log of it: as the events
WEBHOOK_EVENT_DAYS = env.int("WEBHOOK_EVENT_DAYS", 90)  # how long events can be read, and sent again

# --- Stripe, ZeroDB: empty means deliberately not configured --------------------------------------------------------
STRIPE_API_KEY = env.str("STRIPE_API_KEY", "")
STRIPE_API_URL = env.str("STRIPE_API_URL", "").rstrip("/")  # empty: Stripe's own host
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", "")  # signs what Stripe tells us; without it all is refused
BILLING_CURRENCY = env.str("BILLING_CURRENCY", "USD")  # of new organisations; the rate deck needs prices in it
BILLING_GRACE_DAYS = env.int("BILLING_GRACE_DAYS", 7)  # from the first failed payment until outbound is suspended
ZERODB_API_URL = env.str("ZERODB_API_URL", "https://api.ainative.studio").rstrip("/")
ZERODB_API_KEY = env.str("ZERODB_API_KEY", "")
ZERODB_PROJECT_ID = env.str("ZERODB_PROJECT_ID", "")

# --- Speech ---------------------------------------------------------------------------------------------------------
TRANSCRIPTION_ENGINE = env.str("TRANSCRIPTION_ENGINE", "local")  # local: on this machine's processor; off: none
# A folder with a larger Whisper model in CTranslate2's form, tokenizer.json included. Empty: tiny.en, which is shipped
# and knows English only.
WHISPER_MODEL_PATH = env.str("WHISPER_MODEL_PATH", "")
TRANSCRIPTION_LANGUAGE = env.str("TRANSCRIPTION_LANGUAGE", "en")  # ISO 639-1: what is spoken, and searched in
TRANSCRIPTION_THREADS = env.int("TRANSCRIPTION_THREADS", 1)  # cores that one recording may take, in each worker process

# --- Celery ---------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "zerovoice.carrier.tasks.process_receipt": {"queue": "callbacks"},
    "calls.tasks.fetch_recording": {"queue": "downloads"},
    "messaging.tasks.fetch_media": {"queue": "downloads"},
    "calls.tasks.work_on_transcript": {"queue": "media"},
    "calls.tasks.forget_vectors": {"queue": "downloads"},
    "zerovoice.bulk.tasks.work_on_job": {"queue": "bulk"},
    "zerovoice.billing.tasks.sweep_months": {"queue": "bulk"},
    "zerovoice.webhooks.tasks.send": {"queue": "webhooks"},
    "zerovoice.accounts.tasks.check_audit": {"queue": "bulk"},
    "compliance.tasks.work_on_request": {"queue": "bulk"},
    "compliance.tasks.remove": {"queue": "bulk"},
    "compliance.tasks.work_on_retention_run": {"queue": "bulk"},
}
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 3.0,  # shorter than the carrier waits for our answer
    "socket_connect_timeout": 1.0,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "visibility_timeout": 3600,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
}
# A tick that could not run is worth nothing later: `expires` keeps a dead worker's ticks from piling up.
_tick = {"options": {"expires": 5.0}}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "zerovoice.carrier.tasks.sweep", "schedule": 2.0, **_tick},
    "purge": {"task": "zerovoice.carrier.tasks.purge", "schedule": 600.0},
    "calls-tick": {"task": "calls.tasks.tick", "schedule": 1.0, **_tick},
    "calls-reconcile": {"task": "calls.tasks.reconcile", "schedule": 5.0, **_tick},
    "operations-tick": {"task": "zerovoice.backoffice.tasks.tick", "schedule": 5.0, **_tick},
    "numbers-reconcile": {"task": "numbers.tasks.reconcile", "schedule": 5.0, **_tick},
}
CELERY_BEAT_SCHEDULE |= {
    "webhooks-tick": {"task": "zerovoice.webhooks.tasks.tick", "schedule": 1.0, **_tick},
    "webhooks-purge": {"task": "zerovoice.webhooks.tasks.purge", "schedule": 3600.0},
    "billing-sweep": {"task": "zerovoice.billing.tasks.sweep", "schedule": 300.0, "options": {"expires": 300}},
    "billing-sweep-months": {
        "task": "zerovoice.billing.tasks.sweep_months",
        "schedule": crontab(minute=47),
        "options": {"expires": 1800},
    },
    "billing-invoice": {
        "task": "zerovoice.billing.tasks.invoice",
        "schedule": crontab(minute=23),
    },  # months end by zone
    "billing-settle": {"task": "zerovoice.billing.tasks.settle", "schedule": 60.0},
    "analytics-settle": {"task": "analytics.tasks.settle", "schedule": 5.0, **_tick},
    "messages-reconcile": {"task": "messaging.tasks.reconcile", "schedule": 5.0, **_tick},
    "purge-idempotent-answers": {"task": "zerovoice.api.tasks.purge_idempotent_answers", "schedule": 3600.0},
    "numbers-find-drift": {
        "task": "numbers.tasks.find_drift",
        "schedule": crontab(hour=3, minute=17),  # at night, and not when everybody asks the carrier
    },
    "retention": {
        "task": "compliance.tasks.begin_retention_runs",
        "schedule": crontab(minute=11),
    },  # each zone has its night
    "seal-audit": {"task": "zerovoice.accounts.tasks.seal_audit", "schedule": 60.0, **_tick},
    "flush-expired-tokens": {"task": "zerovoice.accounts.tasks.flush_expired_tokens", "schedule": 86400.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = env.str("BEAT_SCHEDULE_FILE", str(BASE_DIR / "var" / "beat-schedule"))

# --- Telling what happens -------------------------------------------------------------------------------------------
SENTRY_DSN = env.str("SENTRY_DSN", "")  # where errors are reported; empty: nowhere
if SENTRY_DSN:
    import sentry_sdk

    # Never with what was in the variables and bodies: those hold people's numbers and words, and credentials.
    sentry_sdk.init(
        SENTRY_DSN,
        release=VERSION,
        environment=ZEROVOICE_ENV,
        include_local_variables=False,
        max_request_body_size="never",
        send_default_pii=False,
    )
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOG_FORMAT = env.str("LOG_FORMAT", "json" if PRODUCTION else "console")
DJANGO_STRUCTLOG_CELERY_ENABLED = True  # tasks log the request id of the request that led to them
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # "upstream" is our RequestIdMiddleware, which checks it
LOGGING = logging_config(level=LOG_LEVEL, as_json=LOG_FORMAT == "json")
