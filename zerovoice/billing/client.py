"""The Stripe client: the only place that knows its SDK, its key and its URL."""

from functools import lru_cache

import stripe
from django.conf import settings

_TIMEOUT_SECONDS = 10.0


def client() -> stripe.StripeClient:
    """A client with the settings' key, for the settings' host."""
    return _client(settings.STRIPE_API_KEY, settings.STRIPE_API_URL)


@lru_cache(maxsize=4)
def _client(api_key: str, api_url: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": api_url} if api_url else {},
        http_client=stripe.RequestsClient(timeout=_TIMEOUT_SECONDS),
    )
