"""Fields that several of our serializers have."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from numbers.serializers import MOST_SKILLS, ROUTE_SCHEMA, SKILL
from zerovoice.api.serializers import PHONE_SCHEMA
from zerovoice.lib.phone import InvalidPhone, is_emergency, parse_e164

#: What voice tokens may carry and every SDK takes: https://www.twilio.com/docs/iam/access-tokens
CLIENT = r"client:[A-Za-z0-9_]{1,121}"
#: Nothing is escaped in it, so that no number hides behind an escape.
SIP = r"sip:(?P<user>[A-Za-z0-9._+-]{1,60})@(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,56}[A-Za-z0-9])?)"
_SKILL, _CLIENT, _SIP = re.compile(SKILL), re.compile(CLIENT), re.compile(SIP)
_SIP_SCHEMA = SIP.replace("?P<user>", "").replace("?P<host>", "")


@extend_schema_field(
    {
        "type": "string",
        "anyOf": [PHONE_SCHEMA, {"pattern": f"^{_SIP_SCHEMA}$"}, {"pattern": f"^{CLIENT}$"}],
        "examples": ["+15105550111", "sip:ann@pbx.example.com", "client:ann"],
    }
)
class EndpointField(serializers.CharField):
    """What rings an agent: E.164, `sip:user@host`, or `client:identity` for a browser.

    An emergency number in any spelling is well formed here; the world refuses it (422), not the form (400).
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "max_length": 128, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if text.startswith("client:"):
            if not _CLIENT.fullmatch(text):
                raise serializers.ValidationError(
                    "Invalid client identity: client: and 1 to 121 letters, digits and underscores"
                )
            return text
        if text.startswith("sip:"):
            sip = _SIP.fullmatch(text)
            if not sip:
                raise serializers.ValidationError("Invalid SIP address: sip:user@host")
            return f"sip:{sip['user']}@{sip['host'].lower()}"
        if is_emergency(text):
            return text
        try:
            return parse_e164(text)
        except InvalidPhone as error:
            raise serializers.ValidationError("Must be an E.164 number, sip:user@host or client:identity") from error


@extend_schema_field(ROUTE_SCHEMA)
class RouteField(serializers.JSONField):
    """Where callers are led, as answers show it; `{}` for nowhere in particular."""


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MOST_SKILLS,
        "propertyNames": {"pattern": f"^{SKILL}$"},
        "additionalProperties": {"type": "integer", "minimum": 1, "maximum": 10},
    }
)
class SkillLevelsField(serializers.DictField):
    """What somebody knows, and how well: `{"french": 8}`."""

    child = serializers.IntegerField(min_value=1, max_value=10)

    def to_internal_value(self, data: Any) -> dict[str, int]:
        known: dict[str, int] = super().to_internal_value(data)
        if len(known) > MOST_SKILLS:
            raise serializers.ValidationError(f"At most {MOST_SKILLS} skills")
        if problems := {
            name: ["A skill is 1 to 32 small letters, digits and underscores"]
            for name in known
            if not _SKILL.fullmatch(name)
        }:
            raise serializers.ValidationError(problems)
        return known
