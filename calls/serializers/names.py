from __future__ import annotations

from typing import Any

from rest_framework import serializers


class NamedSerializer(serializers.Serializer[Any]):
    """A reference that people can read."""

    id = serializers.UUIDField()
    name = serializers.CharField()
