"""Log-in with e-mail and password, for API and admin alike: throttled, and no slower for strangers than for members.

Failures are counted for each pair of address and e-mail, and for the address alone. Success forgets the pair's.
Codes of the second step are counted for each person wherever they come from, for who gives them knows the password.
"""

import hashlib
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.cache import caches
from django.http import HttpRequest

from zerovoice.accounts.models import User
from zerovoice.api.cache import CounterCache
from zerovoice.api.errors import RateLimited

WINDOW_SECONDS = 300
MOST_FOR_PAIR = 10
MOST_FOR_ADDRESS = 100
MOST_CODES_A_DAY = 100  # of a million, three are right at a time: three in ten thousand that a day of guessing succeeds


class ThrottledBackend(ModelBackend):
    """Django's password check behind a throttle. Raises RateLimited."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        email = User.objects.normalize_email(username or kwargs.get(User.USERNAME_FIELD))
        if not email or password is None:
            return None
        if request is None:  # not over the network: a management command
            return super().authenticate(None, email, password)
        address = client_address(request)
        pair = f"login:{address}:{hashlib.sha256(email.encode()).hexdigest()}"
        # Counted before the password is looked at, so that a hundred guesses at once are no way around.
        _count((pair, MOST_FOR_PAIR, WINDOW_SECONDS), (f"login:{address}", MOST_FOR_ADDRESS, WINDOW_SECONDS))
        # For an unknown e-mail ModelBackend hashes the password all the same: the time taken tells nothing.
        user = super().authenticate(request, email, password)
        if user is not None:
            _counters().give_back(pair, f"login:{address}")
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Roles of memberships say who may do what. Django's permissions are given to nobody: not looked for either."""
        return set()


def count_code(request: HttpRequest, user: User) -> None:
    """Before a code of the second step is looked at. Raises RateLimited."""
    address = f"login:{client_address(request)}"
    _count(
        (f"code:{user.pk}", MOST_FOR_PAIR, WINDOW_SECONDS),
        (f"code-day:{user.pk}", MOST_CODES_A_DAY, 86_400),
        (address, MOST_FOR_ADDRESS, WINDOW_SECONDS),
    )


def forget_codes(request: HttpRequest, user: User) -> None:
    """The code was right."""
    _counters().give_back(f"code:{user.pk}", f"login:{client_address(request)}")


def _counters() -> CounterCache:
    return cast(CounterCache, caches["counters"])


def _count(*limits: tuple[str, int, int]) -> None:
    for key, most, seconds in limits:
        hit = _counters().hit(key, seconds)
        if hit.number > most:
            raise RateLimited("Too many attempts to log in", retry_after=hit.seconds_left or 1)


def client_address(request: HttpRequest) -> str:
    """The address that our own proxy saw (the last one it appended), or the peer's when there is no proxy."""
    if settings.BEHIND_PROXY:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1].strip()
        if forwarded:
            return str(forwarded)
    return str(request.META.get("REMOTE_ADDR", ""))
