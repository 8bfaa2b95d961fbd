"""What production must not start with (`manage.py check --deploy`). The carrier's share is in `carrier/checks.py`."""

import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

_LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]", "testserver"}


@register(Tags.security, deploy=True)
def production_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [Error(message, hint=hint, id=f"zerovoice.E{number:03}") for number, message, hint in _refusals()]


@register(Tags.security, deploy=True)
def production_advice(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.PSEUDONYM_KEY == settings.SECRET_KEY:
        lost = "The Do-Not-Call list is kept under SECRET_KEY: an old one dropped after a rotation empties the list."
        found.append(Warning(lost, hint="Set PSEUDONYM_KEY once, and keep it.", id="zerovoice.W001"))
    if settings.ADMIN_TWO_FACTOR == "off":
        asked = "ADMIN_TWO_FACTOR is off: nobody is asked for a code, not even who has an authenticator."
        found.append(Warning(asked, hint="Set it to optional or required.", id="zerovoice.W002"))
    return found


def _refusals() -> Iterator[tuple[int, str, str]]:
    if settings.SECRET_KEY == settings.DEVELOPMENT_SECRET_KEY:
        yield 1, "SECRET_KEY is the development one, which everybody knows.", "Set SECRET_KEY to 50 random characters."
    elif len(settings.SECRET_KEY) < 32:
        yield 1, "SECRET_KEY is shorter than 32 characters.", "Set SECRET_KEY to 50 random characters."
    if settings.DEBUG:
        yield 2, "DEBUG is on: errors would show the code and its secrets.", "Unset DEBUG."
    if not os.environ.get("DATABASE_URL"):
        yield 4, "DATABASE_URL is not set.", "Set it to postgres://user:password@host:5432/name."
    if not os.environ.get("REDIS_URL"):
        yield 5, "REDIS_URL is not set.", "Set it to redis://host:6379/0."
    for number, name in ((7, "TWILIO_API_URL"), (8, "STRIPE_API_URL"), (9, "ZERODB_API_URL")):
        url = getattr(settings, name)
        if url and not url.startswith("https://"):
            yield number, f"{name} is not https.", f"Unset {name}: empty means the provider's own address."
    if "*" in settings.ALLOWED_HOSTS or not set(settings.ALLOWED_HOSTS) - _LOCAL_HOSTS:
        yield 10, "ALLOWED_HOSTS names no host of this instance, or all.", "Set it to the host of PUBLIC_URL."
    if settings.ADMIN_TWO_FACTOR not in ("off", "optional", "required"):
        yield 12, f"ADMIN_TWO_FACTOR is {settings.ADMIN_TWO_FACTOR}.", "Set it to optional, required or off."
    if not settings.PRODUCTION:
        yield 11, f"ZEROVOICE_ENV is {settings.ZEROVOICE_ENV}.", "Unset ZEROVOICE_ENV: production is the default."
