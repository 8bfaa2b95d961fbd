"""Readiness of the carrier: the instance's account is read with its own credentials, through the breaker."""

from django.conf import settings

from zerovoice.api.health import Disabled, Unhealthy
from zerovoice.carrier import breaker, gateway
from zerovoice.carrier.errors import CarrierError, Refused, Unavailable


def check() -> None:
    if not settings.TWILIO_ACCOUNT_SID:
        raise Disabled("not configured")
    try:
        gateway.for_account_sid(settings.TWILIO_ACCOUNT_SID).ping()
    except Refused as error:
        raise Unhealthy(f"Twilio refuses the account: {error.help}") from error
    except Unavailable as error:
        state = breaker.for_account(settings.TWILIO_ACCOUNT_SID).snapshot()
        if state.state == "closed":
            raise Unhealthy(f"Twilio: {error}") from error
        raise Unhealthy(f"Twilio: circuit breaker {state.state}, next try in {state.retry_after} s") from error
    except CarrierError as error:
        raise Unhealthy(f"Twilio: {error}") from error
