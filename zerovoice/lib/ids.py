"""Identifiers."""

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): unique, and increasing with the time it was made."""
    return uuid_utils.compat.uuid7()
