from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from zerovoice.accounts.models import country_code
from zerovoice.api.serializers import StrictSerializer, WebAddressField
from zerovoice.billing.models import Invoice, InvoiceLine, Kind
from zerovoice.billing.usage import Amount

_MONEY: dict[str, Any] = {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2,6}$", "examples": ["12.50"]}


@extend_schema_field(_MONEY)
class MoneyField(serializers.DecimalField):
    """An amount as a text, exact: `"12.50"`; between cents with as many places as it needs."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 18, "decimal_places": 6, **kwargs})

    def to_representation(self, value: Decimal) -> str:
        text = f"{Decimal(value).normalize():f}"
        whole, _, part = text.partition(".")
        return f"{whole}.{part:0<2}"


_CENTS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")


@extend_schema_field(
    {
        "anyOf": [{"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,2})?$"}, {"type": "null"}],
        "examples": ["50.00"],
    }
)
class LimitField(serializers.CharField):
    """An amount in whole cents, or null for none."""

    default_error_messages = {"invalid": 'Must be an amount such as "50.00"'}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"allow_null": True, "required": False, **kwargs})

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if not _CENTS.fullmatch(text):
            self.fail("invalid")
        return Decimal(text)


class AmountSerializer(serializers.Serializer[Any]):
    quantity = serializers.IntegerField(help_text="Minutes, segments, messages or months")
    amount = MoneyField()


class KindUsageSerializer(AmountSerializer):
    kind = serializers.ChoiceField(choices=Kind.choices)
    direction = serializers.SerializerMethodField(help_text="inbound or outbound; null where there is none")

    def get_direction(self, row: Amount) -> str | None:
        return row.direction or None


class DayUsageSerializer(KindUsageSerializer):
    day = serializers.DateField(help_text="In the organization's zone")


_CALLS = {"kind": "call_minute", "direction": "outbound", "quantity": 12, "amount": "0.216"}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A month so far",
            {
                "date_start": "2026-03-01T08:00:00Z",
                "date_end": "2026-03-02T20:00:00Z",
                "timezone": "America/Los_Angeles",
                "currency": "USD",
                "total": "0.216",
                "kinds": [_CALLS],
                "days": [{"day": "2026-03-02", **_CALLS}],
            },
        )
    ]
)
class UsageSerializer(serializers.Serializer[Any]):
    date_start = serializers.DateTimeField()
    date_end = serializers.DateTimeField()
    timezone = serializers.CharField()
    currency = serializers.CharField(help_text="ISO 4217")
    total = MoneyField(help_text="Exact; invoices are rounded to cents once")
    kinds = KindUsageSerializer(many=True, help_text="All of the period, by kind and direction")
    days = DayUsageSerializer(many=True, help_text="The same by day; days without usage are left out")


class InvoiceLineSerializer(serializers.ModelSerializer[InvoiceLine]):
    direction = serializers.CharField(help_text="Empty where there is none")
    country = serializers.CharField(help_text="ISO 3166 of the destination; empty where there is none")
    unit_amount = MoneyField()
    exact_amount = MoneyField(help_text="Before rounding")
    amount = MoneyField(help_text="In whole cents: the lines add up to the total")

    class Meta:
        model = InvoiceLine
        fields = ("kind", "direction", "country", "quantity", "unit_amount", "exact_amount", "amount")


_INVOICE: dict[str, Any] = {
    "id": "0199c0de-0000-7000-8000-000000000040",
    "month": "2026-03",
    "status": "open",
    "number": "8C2F1A9B-0003",
    "currency": "USD",
    "total": "41.37",
    "period_start": "2026-03-01T08:00:00Z",
    "period_end": "2026-04-01T07:00:00Z",
    "url": "https://invoice.stripe.com/i/acct_1/test_1",
    "finalized_at": "2026-04-01T14:23:05Z",
    "payment_failed_at": None,
    "paid_at": None,
    "created_at": "2026-04-01T14:23:00Z",
}
_LINE = {
    "kind": "call_minute",
    "direction": "outbound",
    "country": "US",
    "quantity": 2298,
    "unit_amount": "0.018",
    "exact_amount": "41.364",
    "amount": "41.37",
}


@extend_schema_serializer(examples=[OpenApiExample("A month", _INVOICE)])
class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    month = serializers.CharField(help_text="Of the organization's zone")
    number = serializers.CharField(help_text="Stripe's; empty until it is final")
    total = MoneyField()
    currency = serializers.CharField(help_text="ISO 4217")
    url = serializers.CharField(help_text="Where it can be seen and paid; empty until it is final")

    class Meta:
        model = Invoice
        fields = (
            *("id", "month", "status", "number", "currency", "total", "period_start", "period_end", "url"),
            *("finalized_at", "payment_failed_at", "paid_at", "created_at"),
        )


@extend_schema_serializer(examples=[OpenApiExample("A month", {**_INVOICE, "lines": [_LINE]})])
class InvoiceDetailSerializer(InvoiceSerializer):
    lines = InvoiceLineSerializer(many=True, help_text="One for everything that had one price")

    class Meta:
        model = Invoice
        fields = (*InvoiceSerializer.Meta.fields, "lines")


_LIMITS: dict[str, Any] = {
    "currency": "USD",
    "daily_limit": "50.00",
    "monthly_limit": None,
    "spent_today": "3.118",
    "spent_this_month": "61.902",
    "reserved": "0.36",
    "left": "46.522",
    "allowed_countries": ["CA", "US"],
    "premium_rate": False,
}


@extend_schema_serializer(examples=[OpenApiExample("A day's limit", _LIMITS)])
class LimitsSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField(help_text="ISO 4217")
    daily_limit = MoneyField(allow_null=True, help_text="For a day of the organization's zone; null: none")
    monthly_limit = MoneyField(allow_null=True, help_text="For a month of the organization's zone; null: none")
    spent_today = MoneyField()
    spent_this_month = MoneyField()
    reserved = MoneyField(help_text="For calls and messages under way")
    left = MoneyField(allow_null=True, help_text="What may still be reserved now; null: without limit")
    allowed_countries = serializers.ListField(
        child=serializers.CharField(), help_text="ISO 3166; all others are refused"
    )
    premium_rate = serializers.BooleanField(help_text="Whether premium-rate numbers there may be contacted")


@extend_schema_serializer(examples=[OpenApiExample("A day's limit", {"daily_limit": "50.00", "monthly_limit": None})])
class WriteLimitsSerializer(StrictSerializer):
    daily_limit = LimitField(help_text="A day of the organization's zone; null: none")
    monthly_limit = LimitField(help_text="A month of the organization's zone; null: none")
    allowed_countries = serializers.ListField(
        child=serializers.CharField(validators=[country_code], max_length=2), required=False, max_length=250
    )
    premium_rate = serializers.BooleanField(required=False)

    def validate_allowed_countries(self, countries: list[str]) -> list[str]:
        return sorted(set(countries))


@extend_schema_serializer(examples=[OpenApiExample("Back to your own page", {"return_url": "https://crm.example.com"})])
class WritePortalSerializer(StrictSerializer):
    return_url = WebAddressField(required=False, help_text="Where the portal leads back to")


@extend_schema_serializer(examples=[OpenApiExample("A link", {"url": "https://billing.stripe.com/p/session/test_1"})])
class PortalSerializer(serializers.Serializer[Any]):
    url = serializers.CharField(help_text="Good for a few minutes, for one person")
