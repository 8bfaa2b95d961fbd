"""Readiness of ZeroDB.

Its `/health` has been seen to call a database healthy that answered nothing, and says "degraded" with status 200. So
the body is read, and then one vector is asked for with our own key.
"""

from django.conf import settings

from zerovoice.api.health import Disabled, Unhealthy
from zerovoice.zerodb import client


def check() -> None:
    if not settings.ZERODB_API_KEY:
        raise Disabled("not configured")
    if not settings.ZERODB_PROJECT_ID:
        raise Unhealthy("ZERODB_API_KEY is set and ZERODB_PROJECT_ID is not")
    try:
        body = client.get("health", authenticated=False)
        status = body.get("status") if isinstance(body, dict) else None
        if status not in ("healthy", "ok"):
            raise Unhealthy(f"ZeroDB says it is {status}")
        client.get("vectors", limit=1)
    except client.ZeroDBError as error:
        if error.status in (401, 403):
            raise Unhealthy("ZeroDB does not accept the API key") from error
        raise Unhealthy(f"ZeroDB {error}") from error
