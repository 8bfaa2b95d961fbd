"""The second step of a log-in: codes of an authenticator app, and recovery codes. docs/decisions/0070-two-factor.md."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable
from enum import Enum

import django_otp
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from zerovoice.accounts import login, totp
from zerovoice.accounts.actions import person_changed
from zerovoice.accounts.models import Authenticator, Membership, RecoveryCode, User

CODES = 10
_CODE_BYTES = 10


class Step(Enum):
    """What a person who has given their password must do before anything else."""

    NOTHING = "nothing"
    CODE = "give a code"
    ENROLL = "set up an authenticator"


def next_step(user: User, memberships: Iterable[Membership]) -> Step:
    """`memberships`: all of theirs, with their organisations."""
    if settings.ADMIN_TWO_FACTOR == "off" or getattr(user, "otp_device", None) is not None:
        return Step.NOTHING
    if has(user):
        return Step.CODE
    return Step.ENROLL if is_required(memberships) else Step.NOTHING


def is_required(memberships: Iterable[Membership]) -> bool:
    if settings.ADMIN_TWO_FACTOR != "optional":
        return settings.ADMIN_TWO_FACTOR == "required"
    return any(membership.organization.two_factor_required for membership in memberships)


def is_asked_of(user: User) -> bool:
    """Where there is only one step, as in the API: whether a code belongs to the password."""
    return settings.ADMIN_TWO_FACTOR != "off" and has(user)


def has(user: User) -> bool:
    return Authenticator.objects.filter(user=user, confirmed=True).exists()


# --- setting it up, and taking it away ---


def begin(user: User) -> Authenticator:
    """The authenticator that is being set up: the same until it is confirmed."""
    first = {"key": totp.new_key(), "name": "App"}
    made, _ = Authenticator.objects.get_or_create(user=user, confirmed=False, defaults=first)
    return made


@transaction.atomic
def confirm(user: User, code: str) -> list[str] | None:
    """Turn it on when the code is the app's. Recovery codes, which are kept nowhere; None for a wrong code."""
    pending = Authenticator.objects.select_for_update().filter(user=user, confirmed=False).first()
    if pending is None or has(user) or not pending.verify_token(code):
        return None
    Authenticator.objects.filter(pk=pending.pk).update(confirmed=True)
    person_changed(user, action="two_factor.enabled", by=user)
    return _new_codes(user)


@transaction.atomic
def renew_codes(user: User) -> list[str]:
    """New recovery codes; those before are void."""
    person_changed(user, action="two_factor.codes_renewed", by=user)
    return _new_codes(user)


@transaction.atomic
def remove(user: User, *, by: User) -> None:
    """Whoever `by` is must have been asked for a code before, or be a superuser."""
    found, _ = Authenticator.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    if found:
        person_changed(user, action="two_factor.disabled", by=by)


def _new_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = []
    for _ in range(CODES):
        text = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
        codes.append("-".join(text[start : start + 4] for start in range(0, len(text), 4)))
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, code_hash=_hashed(code)) for code in codes])
    return codes


def _hashed(code: str) -> str:
    return hashlib.sha256("".join(code.lower().split()).replace("-", "").encode()).hexdigest()


# --- asking for it ---


def check(request: HttpRequest, user: User, code: str) -> bool:
    """Whether it is a code of their app, or one of their recovery codes, which is gone then. Raises RateLimited."""
    login.count_code(request, user)
    compact = "".join(code.split())
    found = Authenticator.objects.filter(user=user, confirmed=True).first()
    if found is None:
        return False
    right = found.verify_token(compact) if compact.isdecimal() else _take_recovery_code(user, compact)
    if right:
        login.forget_codes(request, user)
    return right


def _take_recovery_code(user: User, code: str) -> bool:
    taken, _ = RecoveryCode.objects.filter(user=user, code_hash=_hashed(code)).delete()
    if taken:
        person_changed(user, action="two_factor.recovery_code_used", by=user)
    return bool(taken)


def mark_session(request: HttpRequest, user: User) -> None:
    """The session has passed the second step; its id changes, as at every rise of rights."""
    request.session.cycle_key()
    django_otp.login(request, Authenticator.objects.get(user=user, confirmed=True))
