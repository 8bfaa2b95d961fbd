"""What production must not start with."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from zerovoice.lib import clock


@register()
def carrier_credentials(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.TWILIO_ACCOUNT_SID and not settings.TWILIO_AUTH_TOKEN:
        found.append(Error("TWILIO_AUTH_TOKEN is empty: no webhook could be verified", id="carrier.E001"))
    if bool(settings.TWILIO_API_KEY_SID) != bool(settings.TWILIO_API_KEY_SECRET):
        found.append(Error("TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET belong together", id="carrier.E002"))
    if settings.CARRIER_BREAKER_FAILURES < 1:
        found.append(Error("CARRIER_BREAKER_FAILURES must be at least 1", id="carrier.E003"))
    return found


@register(Tags.security, deploy=True)
def carrier_in_production(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.PUBLIC_URL.startswith("https://"):
        found.append(Error("PUBLIC_URL must be an https:// address that the carrier reaches", id="carrier.E004"))
    if settings.TWILIO_API_URL.startswith("http://"):
        found.append(Error("TWILIO_API_URL would send credentials unencrypted", id="carrier.E005"))
    if settings.PRODUCTION and clock.SPEED != 1:
        found.append(Error("CLOCK_SPEED must be 1 in production", id="carrier.E006"))
    return found
