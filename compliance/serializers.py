from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from compliance.models import Channel, Decision, DncEntry, Reason, Settings
from compliance.models.settings import MOST_DAYS
from zerovoice.api.dates import YEARS
from zerovoice.api.serializers import PhoneField, StrictSerializer

MOST_CHECKED = 1000

_ENTRY: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000030",
    "phone": "+14155550142",
    "source": "manual",
    "reason": "Asked us by letter",
    "added_by": "Olga Owner",
    "created_at": "2026-03-02T14:00:00Z",
}
DNC_STATUS = {"phone": "+14155550142", "listed": True, "reason": "dnc", "entries": [_ENTRY]}
_DECISION = {
    "id": "0199c0de-0000-7000-8000-000000000031",
    "phone": "+14155550142",
    "channel": "sms",
    "reason": "dnc",
    "detail": "The number is on the Do-Not-Call list",
    "from_number": "+16285550100",
    "asked_by": "CRM",
    "created_at": "2026-03-02T15:00:00Z",
}


@extend_schema_serializer(examples=[OpenApiExample("An entry", _ENTRY)])
class DncEntrySerializer(serializers.ModelSerializer[DncEntry]):
    phone = serializers.CharField(source="number", help_text="E.164; empty once the person was erased")
    reason = serializers.CharField(help_text="In the words of who listed them")
    added_by = serializers.CharField(source="author_name", help_text="Empty when it was the person themselves")

    class Meta:
        model = DncEntry
        fields = ("id", "phone", "source", "reason", "added_by", "created_at")


@extend_schema_serializer(examples=[OpenApiExample("Somebody", {"phone": "+14155550142", "reason": "Asked by letter"})])
class WriteDncEntrySerializer(StrictSerializer):
    phone = PhoneField()
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Listed",
            DNC_STATUS,
        ),
        OpenApiExample("Not listed", {"phone": "+14155550143", "listed": False, "reason": None, "entries": []}),
    ]
)
class DncStatusSerializer(serializers.Serializer[Any]):
    phone = serializers.CharField()
    listed = serializers.BooleanField(help_text="Whether calls and messages to them are refused")
    reason = serializers.CharField(allow_null=True, help_text="Why they are: dnc or opted_out; null when they are not")
    entries = DncEntrySerializer(many=True, help_text="At most two: yours, and their own opt-out")


class DncPageSerializer(serializers.Serializer[Any]):
    """A page of the list, as every list's; only for the documentation, which cannot say "a page or a status"."""

    count = serializers.IntegerField(min_value=0)
    next = serializers.CharField(allow_null=True, help_text="The next page, if any")
    previous = serializers.CharField(allow_null=True, help_text="The page before, if any")
    results = DncEntrySerializer(many=True)


@extend_schema_serializer(examples=[OpenApiExample("A refusal", _DECISION)])
class DecisionSerializer(serializers.ModelSerializer[Decision]):
    phone = serializers.CharField(source="number", help_text="E.164; empty once the person was erased")
    from_number = serializers.CharField(source="sender", help_text="Yours, where it plays a part")
    asked_by = serializers.CharField(source="actor_name", help_text="Empty when it was the system itself")
    detail = serializers.CharField()

    class Meta:
        model = Decision
        fields = ("id", "phone", "channel", "reason", "detail", "from_number", "asked_by", "created_at")


_QUESTION = {"numbers": ["+14155550142", "+14155550143"], "channel": "sms"}


@extend_schema_serializer(examples=[OpenApiExample("Before a campaign", _QUESTION)])
class CheckSerializer(StrictSerializer):
    numbers = serializers.ListField(child=PhoneField(), min_length=1, max_length=MOST_CHECKED, help_text="E.164")
    channel = serializers.ChoiceField(choices=Channel.choices)
    from_number = PhoneField(required=False, help_text="Yours: then who has blocked just this number is told as well")
    at = serializers.DateTimeField(required=False, help_text="When you mean to contact them; now if not given")

    def validate_at(self, at: datetime) -> datetime:
        if at.year not in YEARS:  # beyond them, zones cannot be reckoned with
            raise serializers.ValidationError("Must be an ISO 8601 date and time")
        return at


class CheckedNumberSerializer(serializers.Serializer[Any]):
    phone = serializers.CharField()
    allowed = serializers.BooleanField()
    reason = serializers.CharField(
        allow_null=True, help_text=f"{', '.join(Reason.values)}; null when contact is allowed"
    )
    detail = serializers.CharField(help_text="The reason in words; empty when allowed")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "One of two",
            {
                "checked": 2,
                "allowed": 1,
                "refused": 1,
                "results": [
                    {
                        "phone": "+14155550142",
                        "allowed": False,
                        "reason": "dnc",
                        "detail": "The number is on the Do-Not-Call list",
                    },
                    {"phone": "+14155550143", "allowed": True, "reason": None, "detail": ""},
                ],
            },
        )
    ]
)
class CheckAnswerSerializer(serializers.Serializer[Any]):
    checked = serializers.IntegerField()
    allowed = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = CheckedNumberSerializer(many=True, help_text="In the order asked, each number once")


_SETTINGS: dict[str, Any] = {
    "quiet_hours": True,
    "quiet_hours_channels": ["voice", "sms"],
    "keep_recordings_days": 90,
    "keep_transcripts_days": None,
    "keep_messages_days": 365,
    "record_inbound": True,
    "recording_consent": "require",
    "recording_consent_text": "May we record this call? Press 1, or say yes.",
}


@extend_schema_serializer(examples=[OpenApiExample("Everything set", _SETTINGS)])
class SettingsSerializer(serializers.ModelSerializer[Settings]):
    quiet_hours = serializers.BooleanField(help_text="Whether people are left alone at the hours their law says")
    quiet_hours_channels = serializers.ListField(child=serializers.ChoiceField(choices=Channel.choices))

    keep_recordings_days = serializers.IntegerField(allow_null=True, help_text="null: for ever")
    keep_transcripts_days = serializers.IntegerField(allow_null=True, help_text="null: for ever")
    keep_messages_days = serializers.IntegerField(allow_null=True, help_text="null: for ever")
    record_inbound = serializers.BooleanField(help_text="Whether calls that come in are recorded")
    recording_consent = serializers.ChoiceField(
        choices=Settings.Consent.choices,
        help_text="none: record without a word; announce: tell them first; require: record only who agrees",
    )
    recording_consent_text = serializers.CharField(help_text="What they are told; empty: our words")

    class Meta:
        model = Settings
        fields = tuple(_SETTINGS)


def _days() -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=1, max_value=MOST_DAYS, allow_null=True, required=False, help_text="null: for ever"
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample("Quiet hours on", {"quiet_hours": True}),
        OpenApiExample("Recordings for three months", {"keep_recordings_days": 90}),
    ]
)
class WriteSettingsSerializer(StrictSerializer):
    quiet_hours = serializers.BooleanField(required=False)
    quiet_hours_channels = serializers.ListField(
        child=serializers.ChoiceField(choices=Channel.choices), required=False, max_length=len(Channel)
    )
    keep_recordings_days = _days()
    keep_transcripts_days = _days()
    keep_messages_days = _days()
    record_inbound = serializers.BooleanField(required=False)
    recording_consent = serializers.ChoiceField(choices=Settings.Consent.choices, required=False)
    recording_consent_text = serializers.CharField(max_length=500, required=False, allow_blank=True)
