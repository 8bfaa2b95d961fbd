"""Secrets of organisations, encrypted where they are stored.

Fernet (AES-128-CBC with HMAC-SHA256) under keys derived from SECRET_KEY and SECRET_KEY_FALLBACKS by HKDF (RFC 5869).
The first key encrypts, every key decrypts: move SECRET_KEY to the fallbacks, set a new one, and run
`manage.py rotate_secrets` before the old key is dropped.
"""

import base64
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

_PURPOSE = b"zerovoice carrier secrets"  # whose were the first: the name is part of the keys


class UnreadableSecret(Exception):
    """Encrypted under a key that is neither SECRET_KEY nor one of its fallbacks."""


@lru_cache(maxsize=8)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    def derive(key: str) -> Fernet:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
        return Fernet(base64.urlsafe_b64encode(derived))

    return MultiFernet([derive(key) for key in keys])


def _current() -> MultiFernet:
    return _box((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def encrypt(text: str) -> str:
    return _current().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Raises UnreadableSecret."""
    try:
        return _current().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret("A stored secret was encrypted under a key that is not known") from error


class SecretField(models.TextField):
    """Text that is encrypted in the database. An empty text stays empty. It cannot be searched for."""

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs  # migrations need not know

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value) if value else ""

    def from_db_value(self, value: str, *_: Any) -> str:
        return decrypt(value) if value else ""
