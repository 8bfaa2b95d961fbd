"""The environment of a whole system on one machine: who listens where, with which development credentials.

The credentials are fixed and public: they open a simulated phone network and a simulated Stripe, nothing else.
"""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from zerovoice.embedded.servers import Servers

ACCOUNT_SID = "AC" + "d0" * 16
AUTH_TOKEN = "de" * 16
API_KEY_SID = "SK" + "d0" * 16
API_KEY_SECRET = "development-only-api-key-secret!"  # noqa: S105
TWIML_APP_SID = "AP" + "d0" * 16
STRIPE_KEY = "sk_test_development"
STRIPE_WEBHOOK_SECRET = "whsec_development"  # noqa: S105


@dataclass(frozen=True)
class Ports:
    web: int = 8000
    simulator: int = 8010
    localstripe: int = 8020


def system_environment(
    base: Mapping[str, str], *, ports: Ports, servers: Servers, state: Path, kind: str = "development"
) -> dict[str, str]:
    """What every process of one system gets: `base` (where it says something, it wins, servers and ports apart)."""
    (state / "static").mkdir(parents=True, exist_ok=True)  # nothing is collected, but whitenoise looks there
    public_url = base.get("PUBLIC_URL") or f"http://localhost:{ports.web}"
    hosts = dict.fromkeys(["localhost", "127.0.0.1", "[::1]", urlsplit(public_url).hostname or "localhost"])
    return {
        "ZEROVOICE_ENV": kind,
        "DEBUG": "true" if kind == "development" else "false",
        "ALLOWED_HOSTS": ",".join(hosts),
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_API_KEY_SID": API_KEY_SID,
        "TWILIO_API_KEY_SECRET": API_KEY_SECRET,
        "TWIML_APP_SID": TWIML_APP_SID,
        "TWILIO_API_URL": f"http://127.0.0.1:{ports.simulator}",
        "STRIPE_API_KEY": STRIPE_KEY,
        "STRIPE_API_URL": f"http://127.0.0.1:{ports.localstripe}",
        "STRIPE_WEBHOOK_SECRET": STRIPE_WEBHOOK_SECRET,
        "CLOCK_SPEED": "1",
        "CLOCK_START": str(time.time()),
        "SIMULATOR_STATE": str(state / "simulator.json"),
        "LOCALSTRIPE_STATE": str(state / "localstripe.pickle"),
        "MEDIA_ROOT": str(state / "media"),
        "STATIC_ROOT": str(state / "static"),
        "BEAT_SCHEDULE_FILE": str(state / "beat-schedule"),
        # As root, Celery would print a page of warnings at every start.
        "PYTHONWARNINGS": "ignore:::celery.platforms",
        **base,
        "DJANGO_SETTINGS_MODULE": "zerovoice.settings",
        "PYTHONUNBUFFERED": "1",
        "PUBLIC_URL": public_url,
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "PORT": str(ports.web),
        "SIMULATOR_PORT": str(ports.simulator),
        "LOCALSTRIPE_PORT": str(ports.localstripe),
    }


def system_commands(env: Mapping[str, str], *, web_workers: int = 2, task_workers: int = 4) -> dict[str, list[str]]:
    """The processes of one system by name, each as an argument list. `HOST` opens the web to other machines."""
    python = [sys.executable, "-m"]
    web = [
        "gunicorn",
        "zerovoice.wsgi",
        "-k",
        "gthread",
        "--threads",
        "16",
        "-w",
        str(web_workers),
    ]
    quietly = ["-l", "warning", "--without-gossip", "--without-mingle"]
    celery = [*python, "celery", "-A", "zerovoice"]
    hears = env.get("TRANSCRIPTION_ENGINE") != "off"
    return {
        "web": [*python, *web, "-b", f"{env.get('HOST', '127.0.0.1')}:{env['PORT']}"],
        "worker": [
            *celery,
            "worker",
            "-Q",
            "callbacks,default,webhooks,downloads,bulk",
            "-c",
            str(task_workers),
            *quietly,
        ],
        **({"worker-media": [*celery, "worker", "-Q", "media", "-c", "1", *quietly]} if hears else {}),
        "beat": [*python, "celery", "-A", "zerovoice.beat", "beat", "-l", "warning"],
        "simulator": [*python, "zerovoice.simulator"],
        "localstripe": [*python, "zerovoice.embedded", "localstripe"],
    }
