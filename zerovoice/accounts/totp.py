"""Codes of authenticator apps (TOTP, RFC 6238: six digits, thirty seconds). Plain functions over plain values."""

import base64
import binascii
import secrets
from urllib.parse import quote, urlencode

from django_otp.oath import TOTP

ISSUER = "ZeroVoice"
_KEY_BYTES = 20  # as long as the digest: RFC 4226, section 4
_TOLERANCE = 1  # steps that a phone's clock may be off


def new_key() -> str:
    """Base32, as apps want it."""
    return base64.b32encode(secrets.token_bytes(_KEY_BYTES)).decode()


def address(key: str, name: str) -> str:
    """What the QR code says: https://github.com/google/google-authenticator/wiki/Key-Uri-Format"""
    return f"otpauth://totp/{quote(f'{ISSUER}:{name}')}?{urlencode({'secret': key, 'issuer': ISSUER})}"


def step_of(key: str, code: str, *, now: float, after: int) -> int | None:
    """The thirty seconds that the code belongs to, if they are near `now` (Unix time) and later than `after`."""
    try:
        secret, number = base64.b32decode(key), int(code)
    except (binascii.Error, ValueError):
        return None
    totp = TOTP(secret)
    totp.time = now
    return int(totp.t()) if len(code) == 6 and totp.verify(number, _TOLERANCE, after + 1) else None
