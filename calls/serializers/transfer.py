from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from calls import examples
from zerovoice.api.serializers import DialedField, StrictSerializer

TRANSFER_TYPES = ("warm", "cold")


@extend_schema_serializer(examples=[examples.TRANSFER])
class TransferSerializer(StrictSerializer):
    target_number = DialedField(help_text="E.164 number to hand the customer over to")
    transfer_type = serializers.ChoiceField(choices=TRANSFER_TYPES, help_text="How: `cold` releases the agent at once")
