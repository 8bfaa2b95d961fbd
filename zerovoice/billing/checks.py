"""What production must not start with."""

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register()
def billing_settings(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not re.fullmatch("[A-Z]{3}", settings.BILLING_CURRENCY):
        found.append(Error("BILLING_CURRENCY must be an ISO 4217 code such as USD", id="billing.E001"))
    if settings.BILLING_GRACE_DAYS < 0:
        found.append(Error("BILLING_GRACE_DAYS must not be negative", id="billing.E002"))
    return found


@register(Tags.security, deploy=True)
def stripe_in_production(**_: Any) -> list[CheckMessage]:
    if settings.STRIPE_API_KEY and not settings.STRIPE_WEBHOOK_SECRET:
        return [Error("STRIPE_WEBHOOK_SECRET is empty: nobody would learn who has paid", id="billing.E003")]
    return []
