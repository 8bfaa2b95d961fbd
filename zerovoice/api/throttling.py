"""The rate limit: so many requests a minute for one organisation, all its users and keys together.

django-ratelimit keeps the fixed window (each organisation's begins at a second of its own); `cache.CounterCache`
counts. A request counts once its credentials are found good, whatever it is answered.
"""

from django.http import HttpRequest
from django_ratelimit.core import get_usage
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from zerovoice.api.errors import RateLimited
from zerovoice.api.principal import caller

PERIOD_SECONDS = 60


class OrganizationThrottle(BaseThrottle):
    def allow_request(self, request: Request, view: object) -> bool:
        if request.user is None:
            return True  # no credentials: the permission class answers 401
        organization = caller(request).organization
        usage = get_usage(
            request._request,
            group="api",
            key=lambda group, request: str(organization.id),
            rate=(organization.rate_limit_per_minute, PERIOD_SECONDS),
            increment=True,
        )
        # The window that ends at second N still counts during second N, so it is over one second later.
        reset = usage["time_left"] + 1
        limit = usage["limit"]
        request._request.rate_limit_headers = {  # type: ignore[attr-defined]
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(limit - usage["count"], 0)),
            "RateLimit-Reset": str(reset),
        }
        if usage["should_limit"]:
            raise RateLimited(f"Rate limit of {limit} requests a minute exceeded", retry_after=reset)
        return True


def rate_limit_headers(request: HttpRequest) -> dict[str, str]:
    return getattr(request, "rate_limit_headers", {})
