from __future__ import annotations

import django_filters

from calls.models import (
    Agent,
    AgentStateChange,
    Call,
    Mood,
    Segment,
    Transcript,
    Voicemail,
    WrapUpCode,
)
from zerovoice.api.filters import (
    BooleanFilter,
    DateEndFilter,
    DateStartFilter,
    PhoneFilter,
    StrictFilterSet,
    WordFilter,
)


class CallLogFilterSet(StrictFilterSet):
    from_ = PhoneFilter(field_name="from_number", label="The calling number")
    to = PhoneFilter(field_name="to_number", label="The called number")
    direction = django_filters.ChoiceFilter(choices=Call.Direction.choices)
    disposition = WordFilter(label="answered, no_answer, busy, …, or your own word")
    queue_id = django_filters.UUIDFilter(label="Calls that went, at last, through this queue")
    agent_id = django_filters.UUIDFilter(label="Calls that this agent took, or took last")
    date_start = DateStartFilter(
        field_name="created_at",
        label="From then on (years 1900 to 2999); a bare date begins at midnight in the organization's zone",
    )
    date_end = DateEndFilter(
        field_name="created_at", label="Before then; a bare date is included whole, in the organization's zone"
    )

    class Meta:
        model = Call
        fields: list[str] = []


class LiveCallFilterSet(StrictFilterSet):
    queue_id = django_filters.UUIDFilter(label="Calls of this queue")
    agent_id = django_filters.UUIDFilter(label="Calls that this agent has")

    class Meta:
        model = Call
        fields: list[str] = []


class AgentFilterSet(StrictFilterSet):
    state = django_filters.ChoiceFilter(choices=Agent.State.choices)
    queue_id = django_filters.UUIDFilter(field_name="memberships__queue_id", label="Agents of this queue")

    class Meta:
        model = Agent
        fields: list[str] = []


class AgentHistoryFilterSet(StrictFilterSet):
    date_start = DateStartFilter(
        field_name="created_at", label="From then on; a bare date begins at midnight in the organization's zone"
    )
    date_end = DateEndFilter(
        field_name="created_at", label="Before then; a bare date is included whole, in the organization's zone"
    )

    class Meta:
        model = AgentStateChange
        fields: list[str] = []


class WrapUpCodeFilterSet(StrictFilterSet):
    active = BooleanFilter(field_name="active", label="Those offered for new calls, or those that are not")

    class Meta:
        model = WrapUpCode
        fields: list[str] = []


class VoicemailFilterSet(StrictFilterSet):
    status = django_filters.ChoiceFilter(choices=Voicemail.Status.choices)
    queue_id = django_filters.UUIDFilter(label="Messages in this queue's box")
    agent_id = django_filters.UUIDFilter(label="Messages in this agent's box")

    class Meta:
        model = Voicemail
        fields: list[str] = []


_DATE_START = "Calls from then on; a bare date begins at midnight in the organization's zone"
_DATE_END = "Calls before then; a bare date is included whole, in the organization's zone"


class TranscriptFilterSet(StrictFilterSet):
    status = django_filters.ChoiceFilter(choices=Transcript.Status.choices)
    direction = django_filters.ChoiceFilter(choices=Call.Direction.choices)
    sentiment = django_filters.ChoiceFilter(choices=Mood.choices, label="Of the whole call")
    queue_id = django_filters.UUIDFilter(label="Calls that went, at last, through this queue")
    agent_id = django_filters.UUIDFilter(label="Calls that this agent took, or took last")
    date_start = DateStartFilter(field_name="created_at", label=_DATE_START)
    date_end = DateEndFilter(field_name="created_at", label=_DATE_END)

    class Meta:
        model = Transcript
        fields: list[str] = []


class TranscriptSearchFilterSet(StrictFilterSet):
    speaker = django_filters.ChoiceFilter(choices=Segment.Speaker.choices, label="Who said it")
    sentiment = django_filters.ChoiceFilter(choices=Mood.choices, label="How it was said")
    direction = django_filters.ChoiceFilter(choices=Call.Direction.choices)
    queue_id = django_filters.UUIDFilter(label="Calls that went, at last, through this queue")
    agent_id = django_filters.UUIDFilter(label="Calls that this agent took, or took last")
    date_start = DateStartFilter(field_name="called_at", label=_DATE_START)
    date_end = DateEndFilter(field_name="called_at", label=_DATE_END)

    class Meta:
        model = Segment
        fields: list[str] = []
