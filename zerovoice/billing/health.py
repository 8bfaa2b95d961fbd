"""Readiness of Stripe: the balance is read. It costs nothing, changes nothing, and needs a key that Stripe accepts."""

import stripe
from django.conf import settings

from zerovoice.api.health import Disabled, Unhealthy
from zerovoice.billing.client import client


def check() -> None:
    if not settings.STRIPE_API_KEY:
        raise Disabled("not configured")
    try:
        client().v1.balance.retrieve(options={"max_network_retries": 0})  # a probe asks once
    except stripe.AuthenticationError as error:
        raise Unhealthy("Stripe does not accept the API key") from error
    except stripe.APIConnectionError as error:
        raise Unhealthy("Stripe does not answer") from error
    except stripe.StripeError as error:
        raise Unhealthy(f"Stripe answered {error.http_status}") from error
