"""How API keys look: `zv_<prefix>_<secret>`. Plain functions over plain values."""

import hashlib
import hmac
import re
import secrets
import string
from typing import NamedTuple

_ALPHABET = string.ascii_letters + string.digits
_PREFIX_LENGTH, _SECRET_LENGTH = 12, 43  # 43 characters of 62 are 256 bits
_KEY = re.compile(rf"zv_([A-Za-z0-9]{{{_PREFIX_LENGTH}}})_([A-Za-z0-9]{{{_SECRET_LENGTH}}})")


class KeyText(NamedTuple):
    prefix: str
    secret: str

    def __str__(self) -> str:
        return f"zv_{self.prefix}_{self.secret}"


def new_key() -> KeyText:
    return KeyText(_random(_PREFIX_LENGTH), _random(_SECRET_LENGTH))


def parse_key(text: str) -> KeyText | None:
    found = _KEY.fullmatch(text)
    return KeyText(*found.groups()) if found else None


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def secret_matches(secret: str, secret_hash: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(hash_secret(secret), secret_hash)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
