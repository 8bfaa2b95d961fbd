"""Addresses in requests, judged before anything is sent there."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from zerovoice.api.errors import Unprocessable
from zerovoice.api.serializers import WebAddressField
from zerovoice.lib import guarded


class CallbackUrlField(WebAddressField):
    """Where a single request's object is told of. The address is judged as it stands; its name, at each attempt."""

    looks_up = False

    def run_validators(self, value: Any) -> None:
        super().run_validators(value)
        try:
            guarded.check(value, look_up=self.looks_up)
        except guarded.Refused as error:
            if error.malformed:
                raise serializers.ValidationError(str(error)) from error
            raise Unprocessable(str(error), self.field_name or "") from error


class EndpointUrlField(CallbackUrlField):
    """Of an endpoint: its name is looked up at once, too."""

    looks_up = True
