"""What production must not start with."""

import ipaddress
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags


def register() -> None:
    checks.register(webhook_settings)
    checks.register(webhooks_in_production, Tags.security, deploy=True)


def webhook_settings(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for text in settings.WEBHOOK_ALLOWED_NETWORKS:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            found.append(Error(f"WEBHOOK_ALLOWED_NETWORKS: {text!r} is no network", id="webhooks.E001"))
    if not settings.WEBHOOK_RETRY_SECONDS or min(settings.WEBHOOK_RETRY_SECONDS) < 0:
        found.append(Error("WEBHOOK_RETRY_SECONDS needs one pause or more", id="webhooks.E002"))
    if min(settings.WEBHOOK_CONCURRENCY, settings.WEBHOOK_SENDERS) < 1:
        found.append(Error("WEBHOOK_CONCURRENCY and WEBHOOK_SENDERS must be at least 1", id="webhooks.E003"))
    if settings.WEBHOOK_EVENT_DAYS < settings.WEBHOOK_BODY_DAYS:
        found.append(Error("WEBHOOK_EVENT_DAYS must not be less than WEBHOOK_BODY_DAYS", id="webhooks.E004"))
    return found


def webhooks_in_production(**_: Any) -> list[CheckMessage]:
    if settings.WEBHOOK_ALLOWED_NETWORKS:
        words = "WEBHOOK_ALLOWED_NETWORKS would let tenants reach your own network"
        return [Error(words, hint="Unset it.", id="webhooks.E005")]
    return []
