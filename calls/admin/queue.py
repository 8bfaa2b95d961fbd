from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from calls.actions import agents, queues
from calls.models import Agent, Prompt, Queue, QueueEntry, QueueMembership
from calls.routing import Strategy
from calls.serializers.queue import WriteQueueSerializer
from numbers.admin import targets
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, RelatedFilter, local, seconds, since
from zerovoice.api.principal import Principal
from zerovoice.backoffice.forms import ActionAdmin, ActionForm
from zerovoice.lib import phone


def _number_of(rows: QuerySet[Any], **correlated: str) -> Coalesce:
    """How many of `rows` belong to the outer row, each looked up by its index, however long the table is."""
    mine = rows.filter(**{name: OuterRef(outer) for name, outer in correlated.items()}).order_by()
    grouped = mine.values(*correlated).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(grouped, output_field=IntegerField()), 0)


_SETTINGS = [
    *("name", "is_default", "strategy", "skills", "skills_timeout_seconds", "ring_timeout_seconds", "wrap_up_seconds"),
    *("max_wait_seconds", "max_size", "overflow_route", "service_level_seconds", "short_abandon_seconds"),
    *("announce_position", "announce_wait", "offers_callback", "music", "voicemail_greeting", "voicemail_prompt"),
]


#: Who of the free agents is rung, in words.
STRATEGY_WORDS: dict[str, str] = {
    Strategy.LONGEST_IDLE: "who has been free for longest",
    Strategy.ROUND_ROBIN: "one after the other",
    Strategy.LEAST_CALLS: "who took the fewest calls today",
    Strategy.RING_ALL: "all at once",
    Strategy.SKILLS: "who knows best what the caller needs",
}


class QueueForm(ActionForm):
    serializer = WriteQueueSerializer
    strategy = forms.ChoiceField(
        choices=list(STRATEGY_WORDS.items()), label="Who is rung", widget=UnfoldAdminSelectWidget
    )
    members = forms.ModelMultipleChoiceField(
        Agent.objects.none(), required=False, label="Agents", widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    names = {"music_id": "music", "voicemail_prompt_id": "voicemail_prompt"}
    overflow_route = targets.RouteFormField(
        label="Overflow", help_text="Where callers go who wait too long or find it full"
    )

    class Meta:
        model = Queue
        fields = ["organization", *_SETTINGS]
        widgets: ClassVar = {"voicemail_greeting": UnfoldAdminTextareaWidget, "skills": UnfoldAdminTextInputWidget}
        help_texts: ClassVar = {"skills": "What an agent must know to be rung: french, billing"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance._state.adding and "members" in self.fields:
            self.initial.setdefault("members", list(self.instance.agents.all()))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if hasattr(self, "checked") and "members" in self.changed_data:
            self.checked["members"] = list(data.get("members", ()))
        return data

    def payload(self) -> dict[str, Any]:
        data = super().payload()
        data.pop("members", None)
        sounds = {f"{name}_id": data.pop(name) for name in ("music", "voicemail_prompt") if name in data}
        return data | {name: str(prompt.pk) if prompt else None for name, prompt in sounds.items()}


@admin.register(Queue)
class QueueAdmin(ActionAdmin):
    scope = "calls"
    write_scope = "settings"
    form = QueueForm
    fieldsets = [
        (None, {"fields": ["organization", ("name", "is_default")]}),
        (
            "Agents",
            {
                "fields": [
                    "members",
                    ("strategy", "ring_timeout_seconds", "wrap_up_seconds"),
                    ("skills", "skills_timeout_seconds"),
                ]
            },
        ),
        (
            "Callers",
            {
                "fields": [
                    ("max_wait_seconds", "max_size", "overflow_route"),
                    ("announce_position", "announce_wait", "offers_callback"),
                    "music",
                ]
            },
        ),
        ("Voicemail", {"fields": [("voicemail_greeting", "voicemail_prompt")]}),
        ("Reports", {"fields": [("service_level_seconds", "short_abandon_seconds")]}),
    ]
    list_display = ["name", "default", "waiting", "on_duty", "how", "in_time", "rings", "waits", "wraps_up"]
    list_select_related = ["organization"]
    list_per_page = 50
    sortable_by = ["name"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        memberships = QueueMembership.objects.all()
        rows: QuerySet[Queue] = super().get_queryset(request)
        return rows.annotate(
            # The organisation is named too: the index of who waits begins with it.
            waiting_now=_number_of(QueueEntry.objects.open(), organization="organization", queue="pk"),
            agents_available=_number_of(memberships.filter(agent__state=Agent.State.AVAILABLE), queue="pk"),
            agents_all=_number_of(memberships, queue="pk"),
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "music" in form.base_fields:  # not so for those who may only read
            for name in ("music", "voicemail_prompt"):
                form.base_fields[name].queryset = self.narrowed(request, obj, Prompt.objects.all())
            form.base_fields["members"].queryset = self.narrowed(request, obj, Agent.objects.all())
            offered = targets.choices(self.within(request, obj), without=obj)
            form.base_fields["overflow_route"].offer(offered, obj.overflow_route if obj else {})
        return form

    def perform(self, principal: Principal, obj: Queue | None, checked: dict[str, Any]) -> Queue:
        members = checked.pop("members", None)
        queue = queues.save_queue(principal=principal, queue=obj, **checked)
        if members is not None:
            _set_members(principal, queue, members)
        return queue

    def perform_delete(self, principal: Principal, obj: Queue) -> None:
        queues.delete_queue(principal=principal, queue=obj)

    @display(description="", label="info")
    def default(self, queue: Queue) -> str:
        return "default" if queue.is_default else ""

    @display(description="Waiting")
    def waiting(self, queue: Any) -> Any:
        if not queue.waiting_now:
            return "–"
        url = f"{reverse('admin:calls_queueentry_changelist')}?queue={queue.pk}"
        return format_html('<a href="{}" class="font-semibold text-primary-600">{}</a>', url, queue.waiting_now)

    @display(description="Agents available")
    def on_duty(self, queue: Any) -> str:
        return f"{queue.agents_available} of {queue.agents_all}" if queue.agents_all else "nobody works here"

    @display(description="Who is rung")
    def how(self, queue: Queue) -> str:
        return STRATEGY_WORDS.get(queue.strategy, queue.strategy)

    @display(description="In time")
    def in_time(self, queue: Queue) -> str:
        return f"within {seconds(queue.service_level_seconds)}"

    @display(description="Agents")
    def members(self, queue: Queue) -> str:
        """For those who may only read; the form's own field otherwise."""
        return ", ".join(agent.name for agent in queue.agents.all()) or "–"

    @display(description="Rings for")
    def rings(self, queue: Queue) -> str:
        return seconds(queue.ring_timeout_seconds)

    @display(description="Longest wait")
    def waits(self, queue: Queue) -> str:
        return seconds(queue.max_wait_seconds)

    @display(description="Wrap-up")
    def wraps_up(self, queue: Queue) -> str:
        return seconds(queue.wrap_up_seconds)


def _set_members(principal: Principal, queue: Queue, members: list[Agent]) -> None:
    """Each agent whom it concerns is changed as over the API: it is they who have queues."""
    wanted = {agent.pk for agent in members}
    before = {agent.pk: agent for agent in queue.agents.all()}
    for agent in (*members, *before.values()):
        if (agent.pk in wanted) == (agent.pk in before):
            continue
        theirs = set(agent.memberships.values_list("queue_id", flat=True))
        theirs = theirs | {queue.pk} if agent.pk in wanted else theirs - {queue.pk}
        agents.save_agent(principal=principal, agent=agent, queue_ids=theirs)


class QueueFilter(RelatedFilter):
    title = "queue"
    parameter_name = "queue"
    model = Queue


class EntryStateFilter(DropdownFilter):
    """Who waits now, unless one asks for the past."""

    title = "state"
    parameter_name = "state"
    all_option = ["", "Waiting now"]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        over = [(value, label) for value, label in QueueEntry.State.choices if value not in ("waiting", "ringing")]
        return [("any", "Everybody, the newest first"), *over]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[QueueEntry]:
        if not self.value():
            return queryset.open().in_order()
        return queryset if self.value() == "any" else queryset.filter(state=self.value())


@admin.register(QueueEntry)
class QueueEntryAdmin(GrowingAdmin):
    """Who waits, and who waited."""

    scope = "calls"
    list_display_links = None  # the caller leads to the call
    list_display = ["caller", "queue_name", "state_label", "entered", "waited", "head", "preferred"]
    list_filter = [OrganizationFilter, EntryStateFilter, QueueFilter]
    list_select_related = ["organization", "queue", "call", "preferred_agent"]
    ordering = ["-id"]
    fields = [("caller", "queue_name"), ("state_label", "head"), ("entered", "left"), ("waited", "preferred")]
    readonly_fields = [name for pair in fields for name in pair]

    def get_queryset(self, request: HttpRequest) -> QuerySet[QueueEntry]:
        return super().get_queryset(request).select_related("organization", "queue", "call", "preferred_agent")

    @display(description="Caller")
    def caller(self, entry: QueueEntry) -> Any:
        url = reverse("admin:calls_call_change", args=[entry.call_id])
        return format_html('<a href="{}" class="text-primary-600">{}</a>', url, phone.spelt(entry.call.customer_number))

    @display(description="Queue")
    def queue_name(self, entry: QueueEntry) -> str:
        return entry.queue.name

    @display(
        description="State",
        label={
            "Waiting": "warning",
            "An agent is being rung": "info",
            "Answered": "success",
            "The caller hung up": "danger",
        },
    )
    def state_label(self, entry: QueueEntry) -> str:
        return str(entry.get_state_display())

    @display(description="Since")
    def entered(self, entry: QueueEntry) -> str:
        return local(entry.entered_at, entry.organization.timezone)

    @display(description="Until")
    def left(self, entry: QueueEntry) -> str:
        return local(entry.left_at, entry.organization.timezone)

    @display(description="Waited")
    def waited(self, entry: QueueEntry) -> str:
        if entry.left_at is None:
            return since(entry.entered_at)
        return seconds(int((entry.left_at - entry.entered_at).total_seconds()))

    @display(description="Place", label="info")
    def head(self, entry: QueueEntry) -> str:
        return "head of the queue" if entry.priority >= QueueEntry.HEAD_PRIORITY else ""

    @display(description="Preferred agent")
    def preferred(self, entry: QueueEntry) -> str:
        return entry.preferred_agent.name if entry.preferred_agent else "–"
