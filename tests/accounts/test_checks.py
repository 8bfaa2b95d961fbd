"""What production refuses to start with, asked of the real command in a process of its own."""

import os
import subprocess
import sys

from django.conf import settings

GOOD = {
    "ZEROVOICE_ENV": "production",
    "SECRET_KEY": "c0ffee-5ea1-ed-and-much-longer-than-that-0123456789-abcdef",
    "PUBLIC_URL": "https://voice.example.com",
    "ALLOWED_HOSTS": "voice.example.com",
    "DATABASE_URL": "postgres://user:secret@db.example.com:5432/zerovoice",
    "REDIS_URL": "redis://redis.example.com:6379/0",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "0" * 32,
}


def check(**changes: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, **GOOD, **changes}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_proper_environment_starts() -> None:
    done = check()
    assert done.returncode == 0, done.stderr
    assert "ERRORS" not in done.stderr
    assert "PSEUDONYM_KEY" in done.stderr  # advice
    assert "PSEUDONYM_KEY" not in check(PSEUDONYM_KEY="another-one-that-is-kept-for-ever-0123456789").stderr


def test_every_development_default_is_refused_by_name() -> None:
    done = check(
        SECRET_KEY="",
        DEBUG="true",
        PUBLIC_URL="http://voice.example.com",
        DATABASE_URL="",
        REDIS_URL="",
        CLOCK_SPEED="10",
        TWILIO_API_URL="http://127.0.0.1:9000",
        STRIPE_API_URL="http://127.0.0.1:8420",
        ZERODB_API_URL="http://127.0.0.1:8421",
        ALLOWED_HOSTS="",
    )
    assert done.returncode == 1
    errors = done.stderr.split("ERRORS:")[1].split("WARNINGS:")[0]
    for name in (
        "SECRET_KEY", "DEBUG", "PUBLIC_URL", "DATABASE_URL", "REDIS_URL", "CLOCK_SPEED", "TWILIO_API_URL",
        "STRIPE_API_URL", "ZERODB_API_URL", "ALLOWED_HOSTS",
    ):  # fmt: skip
        assert f") {name}" in errors


def test_half_measures_are_refused_too() -> None:
    done = check(SECRET_KEY="short", ALLOWED_HOSTS="*", TWILIO_API_URL="simulator:9000", ZEROVOICE_ENV="development")
    assert done.returncode == 1
    errors = done.stderr.split("ERRORS:")[1].split("WARNINGS:")[0]
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "TWILIO_API_URL", "ZEROVOICE_ENV"):
        assert f") {name}" in errors
