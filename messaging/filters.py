from __future__ import annotations

import django_filters

from messaging.models import Conversation, Message
from zerovoice.api.filters import DateEndFilter, DateStartFilter, PhoneFilter, StrictFilterSet


class MessageFilterSet(StrictFilterSet):
    from_ = PhoneFilter(field_name="from_number", label="The sending number")
    to = PhoneFilter(field_name="to_number", label="The receiving number")
    direction = django_filters.ChoiceFilter(choices=Message.Direction.choices)
    status = django_filters.ChoiceFilter(choices=Message.Status.choices)
    date_start = DateStartFilter(field_name="created_at", label="From then on")
    date_end = DateEndFilter(field_name="created_at", label="Before then; a bare date is included whole")

    class Meta:
        model = Message
        fields: list[str] = []


class ConversationFilterSet(StrictFilterSet):
    phone = PhoneFilter(label="Conversations with this number")

    class Meta:
        model = Conversation
        fields: list[str] = []
