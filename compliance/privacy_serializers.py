from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from compliance import exporting
from compliance.models import LegalHold, PrivacyRequest, Removal, RetentionRun
from compliance.models.privacy import KEPT
from zerovoice.api.serializers import PhoneField, StrictSerializer

_REQUEST: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000070",
    "kind": "delete",
    "dry_run": False,
    "given": "phone",
    "phones": [],
    "emails": [],
    "contact_ids": ["0199c0de-0000-7000-8000-000000000020"],
    "reason": "Asked us by letter",
    "state": "done",
    "percent": 100,
    "waiting_for": "",
    "counts": {"calls": 4, "contacts": 1, "messages": 11},
    "held": {},
    "removals": {"done": 5, "waiting": 0, "problems": []},
    "certificate": {
        "request_id": "0199c0de-0000-7000-8000-000000000070",
        "asked_at": "2026-03-02T14:00:00Z",
        "completed_at": "2026-03-02T14:00:09Z",
        "erased": {"calls": 4, "contacts": 1, "messages": 11},
        "elsewhere": {"carrier_message": 11, "carrier_recording": 2, "files": 2},
        "held": {},
        "kept": KEPT,
    },
    "download_url": None,
    "expires_at": None,
    "asked_by": "Olga Owner",
    "due_date": "2026-04-02",
    "created_at": "2026-03-02T14:00:00Z",
    "finished_at": "2026-03-02T14:00:09Z",
}


class RemovalsSerializer(serializers.Serializer[Any]):
    done = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Tried until they are done")
    problems = serializers.ListField(child=serializers.CharField(), help_text="Why some are not done yet")


@extend_schema_serializer(examples=[OpenApiExample("An erasure that is done", _REQUEST, status_codes=["200", "202"])])
class GdprCaseSerializer(serializers.ModelSerializer[PrivacyRequest]):
    phones = serializers.ListField(child=serializers.CharField(), help_text="Of the person; empty once erased")
    emails = serializers.ListField(child=serializers.CharField(), help_text="Of the person; empty once erased")
    contact_ids = serializers.ListField(child=serializers.UUIDField())
    given = serializers.CharField(help_text="By what they were named: phone, email or contact_id")
    percent = serializers.IntegerField(help_text="0 to 100")
    waiting_for = serializers.CharField(help_text="What has to be over first, such as a call that lasts; else empty")
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="Records by kind: exported or erased; of a dry run, to be"
    )
    held = serializers.DictField(child=serializers.IntegerField(), help_text="Records by kind that a legal hold keeps")
    removals = serializers.SerializerMethodField(help_text="Outside of the database: files, carrier, ZeroDB")
    certificate = serializers.DictField(help_text="What was erased, where, and what stays; empty until then")
    download_url = serializers.SerializerMethodField(
        help_text="An export's ZIP, without a log-in, for an hour; null without one, or without compliance:write"
    )
    asked_by = serializers.CharField(source="author_name")

    class Meta:
        model = PrivacyRequest
        fields = tuple(_REQUEST)

    @extend_schema_field(RemovalsSerializer)
    def get_removals(self, request: PrivacyRequest) -> dict[str, Any]:
        """Of one that has just been asked for there are none. An export's file that goes one day is none."""
        if request.kind == PrivacyRequest.Kind.EXPORT:
            return {"done": 0, "waiting": 0, "problems": []}
        problems = getattr(request, "removal_problems", [])
        return {
            "done": getattr(request, "removals_done", 0),
            "waiting": getattr(request, "removals_waiting", 0),
            "problems": sorted(f"{Removal.Place(one['place']).label}: {one['error']}" for one in problems),
        }

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_download_url(self, request: PrivacyRequest) -> str | None:
        return exporting.link(request) if self.context["view"].principal.has("compliance:write") else None


_REMOVAL: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000073",
    "place": "carrier_recording",
    "state": "pending",
    "attempts": 3,
    "problem": "The carrier: Unavailable",
    "created_at": "2026-03-02T14:00:05Z",
    "finished_at": None,
}


@extend_schema_serializer(examples=[OpenApiExample("One that waits for the carrier", _REMOVAL)])
class RemovalSerializer(serializers.ModelSerializer[Removal]):
    problem = serializers.CharField(source="last_error", help_text="Why it is not done yet; else empty")

    class Meta:
        model = Removal
        fields = tuple(_REMOVAL)


_BY_PHONE = {"phone": "+14155550142", "reason": "Asked us by letter"}


class _WhoSerializer(StrictSerializer):
    phone = PhoneField(required=False)
    email = serializers.EmailField(max_length=254, required=False)
    contact_id = serializers.UUIDField(required=False)
    reason = serializers.CharField(max_length=500, help_text="Why, in your words: it stands in the request")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if len({"phone", "email", "contact_id"} & set(given)) != 1:
            raise serializers.ValidationError({"phone": "Exactly one of phone, email and contact_id is required."})
        return given


@extend_schema_serializer(examples=[OpenApiExample("By phone", _BY_PHONE)])
class AskExportSerializer(_WhoSerializer):
    pass


@extend_schema_serializer(
    examples=[
        OpenApiExample("By phone", _BY_PHONE),
        OpenApiExample("What would go", {"email": "maria@example.com", "reason": "By mail", "dry_run": True}),
    ]
)
class AskDeleteSerializer(_WhoSerializer):
    dry_run = serializers.BooleanField(required=False, help_text="Count what would be erased; erase nothing")


_HOLD: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000071",
    "contact_id": "0199c0de-0000-7000-8000-000000000020",
    "call_id": None,
    "reason": "Case 17-204",
    "placed_by": "Olga Owner",
    "created_at": "2026-03-02T14:00:00Z",
    "released_at": None,
}


@extend_schema_serializer(examples=[OpenApiExample("On a contact", _HOLD)])
class LegalHoldSerializer(serializers.ModelSerializer[LegalHold]):
    placed_by = serializers.CharField(source="author_name")

    class Meta:
        model = LegalHold
        fields = tuple(_HOLD)


@extend_schema_serializer(
    examples=[OpenApiExample("On a contact", {"contact_id": _HOLD["contact_id"], "reason": "Case 17-204"})]
)
class WriteLegalHoldSerializer(StrictSerializer):
    contact_id = serializers.UUIDField(required=False)
    call_id = serializers.UUIDField(required=False)
    reason = serializers.CharField(max_length=500)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if len({"contact_id", "call_id"} & set(given)) != 1:
            raise serializers.ValidationError({"contact_id": "Exactly one of contact_id and call_id is required."})
        return given


class ReleaseSerializer(StrictSerializer):
    """Takes nothing."""


_RUN: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000072",
    "kind": "recordings",
    "day": "2026-03-02",
    "days": 90,
    "before": "2025-12-02T07:11:00Z",
    "state": "done",
    "removed": 118,
    "held": 2,
    "finished_at": "2026-03-02T07:11:04Z",
}


@extend_schema_serializer(examples=[OpenApiExample("A night", _RUN)])
class RetentionRunSerializer(serializers.ModelSerializer[RetentionRun]):
    day = serializers.DateField(help_text="Whose night it was, where your organization is")
    removed = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Old enough, and kept because of a legal hold")

    class Meta:
        model = RetentionRun
        fields = tuple(_RUN)
