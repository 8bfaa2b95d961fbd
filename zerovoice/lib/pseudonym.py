"""A number's stand-in where the number itself must not be kept: the same for the same number, and no way back.

HMAC-SHA256 under a key derived from PSEUDONYM_KEY by HKDF (RFC 5869). A phone number has few digits, so a plain hash
of it could be searched through; without the key nobody can. What was kept under an earlier key is still found, as long
as that key is among PSEUDONYM_KEY_FALLBACKS: of a person who was erased there is nothing to make a new stand-in from.
"""

import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE = b"zerovoice number pseudonyms"


def of_number(number: str) -> str:
    """64 hexadecimal digits for an E.164 number: what is kept."""
    return _under(settings.PSEUDONYM_KEY, number)


def all_of_number(number: str) -> list[str]:
    """What to look for: under the present key and under each earlier one."""
    return [_under(key, number) for key in (settings.PSEUDONYM_KEY, *settings.PSEUDONYM_KEY_FALLBACKS)]


def _under(secret: str, number: str) -> str:
    return hmac.new(_key(secret), number.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
