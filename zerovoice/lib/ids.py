"""Identifiers."""

import uuid

import uuid_utils.compat

#: The nil UUID: none of all that there are.
NIL = uuid.UUID(int=0)


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): unique, and increasing with the time it was made."""
    return uuid_utils.compat.uuid7()
