"""What the carrier told us and what it was told to do, and what became of it, in the admin site. What failed first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from zerovoice.accounts import audit
from zerovoice.accounts.admin import OperatorAdmin, organizations_with, principal_in, staff_user
from zerovoice.accounts.lists import BoundedPaginator, local
from zerovoice.backoffice.orders import Order, Ordering, OrdersAdmin
from zerovoice.carrier import commands, receipts
from zerovoice.carrier.models import Command, Receipt
from zerovoice.carrier.work import State, WorkRow

_REPLAYABLE = (State.DONE, State.FAILED)
_STATE_LABEL = {"Waiting": "info", "Tried again": "warning", "Under way": "info", "Done": "success", "Failed": "danger"}
_LINK = "text-primary-600 dark:text-primary-500"
_ALL = "all"

#: Rows of apps above that ids of ours may name: (model, what it is called, the look-up that leads to the page's row,
#: that page).
_ABOUT = [
    ("calls.Call", "Call", "pk", "calls_call"),
    ("calls.CallLeg", "Call", "call_id", "calls_call"),
    ("calls.Recording", "Recording", "pk", "calls_recording"),
    ("calls.Voicemail", "Voicemail", "pk", "calls_voicemail"),
    ("messaging.Message", "Message", "pk", "messaging_message"),
    ("numbers.PhoneNumber", "Number", "pk", "numbers_phonenumber"),
]


class FailedFirstFilter(DropdownFilter):
    """What failed, as long as something did; everything is one choice away. Each state has an index, or is common."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        failed = model_admin.get_queryset(request).filter(state=State.FAILED)
        self._fallback = State.FAILED if failed.order_by().exists() else _ALL
        return [(_ALL, "All"), *((str(value), str(label)) for value, label in State.choices)]

    def value(self) -> str:
        return super().value() or str(self._fallback)

    @property
    def all_option(self) -> None:
        return None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() in State.values else queryset


class WorkAdmin(Ordering):
    """Rows that workers work on: read, and worked on again when they are over."""

    about_field: str  # the id of ours that says what it is about
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    list_filter_submit = True
    sortable_by = ()
    ordering = ["-id"]
    actions = ["replay"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What all rows of a page are about, in a query for each kind of thing."""
        changelist = super().get_changelist_instance(request)
        changelist.full_result_count = changelist.result_count  # else the heading offers to "show all"
        _say_what(changelist.result_list, self.about_field)
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            _say_what([found], self.about_field)
        return found

    @display(description="When")
    def when(self, row: Any) -> str:
        return local(row.created_at, self.zone(row))

    @display(description="Ended")
    def ended(self, row: Any) -> str:
        return local(row.finished_at, self.zone(row))

    @display(description="Next attempt")
    def next_attempt(self, row: Any) -> str:
        return local(row.due_at if row.state == State.PENDING else None, self.zone(row))

    def zone(self, row: Any) -> str:
        return "UTC"

    @display(description="State", label=_STATE_LABEL)
    def state_label(self, row: WorkRow) -> str:
        if row.state == State.PENDING:
            return "Tried again" if row.attempts else "Waiting"
        return "Under way" if row.state == State.PROCESSING else str(row.get_state_display())

    @display(description="Why")
    def reason(self, row: WorkRow) -> str:
        return row.last_error[:200] or "–"

    @display(description="Why")
    def whole_reason(self, row: WorkRow) -> Any:
        return format_html('<pre class="bo-raw">{}</pre>', row.last_error) if row.last_error else "–"

    @display(description="About")
    def about(self, row: Any) -> str:
        return row.about[0] if row.about else "–"

    @display(description="About")
    def about_link(self, row: Any) -> Any:
        if not row.about:
            return f"Something that is gone, {getattr(row, self.about_field)}"
        return format_html('<a href="{}" class="{}">{}</a>', row.about[1], _LINK, row.about[0])

    @display(description="As it came")
    def raw(self, row: Any) -> Any:
        if not row.payload:
            return "Nothing, or erased"
        text = json.dumps(row.payload, indent=2, ensure_ascii=False, sort_keys=True)
        fold = '<details class="bo-fold"><summary>Show</summary><pre class="bo-raw">{}</pre></details>'
        return format_html(fold, text)


@admin.register(Receipt)
class ReceiptAdmin(WorkAdmin, OperatorAdmin):
    """Every notice and what became of it. For the operator of the instance: a receipt belongs to no organisation."""

    about_field = "ref"
    list_display = ["when", "kind", "about", "state_label", "attempts", "reason", "next_attempt"]
    list_filter = [FailedFirstFilter]
    search_fields = ["ref__exact", "key__exact"]
    search_help_text = "The whole id in the notice's URL, or its key"
    fields = [
        ("kind", "about_link"), ("state_label", "attempts"), "whole_reason", ("when", "next_attempt", "ended"), "raw",
        ("id", "ref"), ("key", "account_sid"),
    ]  # fmt: skip
    readonly_fields = [
        "kind", "about_link", "state_label", "attempts", "whole_reason", "when", "next_attempt", "ended", "raw", "id",
        "ref", "key", "account_sid",
    ]  # fmt: skip

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser

    def may_order(self, request: HttpRequest, row: Any) -> bool:
        return staff_user(request).is_superuser

    def orders(self, row: Receipt) -> list[Order]:
        return [Order("replay", "Act on it again")] if row.state in _REPLAYABLE else []

    def order_replay(self, request: HttpRequest, row: Receipt) -> str:
        return "A worker looks at it again." if self._replay(request, row) else ""

    def _replay(self, request: HttpRequest, receipt: Receipt) -> bool:
        done = receipts.replay(receipt)
        if done:
            self.log_change(request, receipt, "Replayed")  # it belongs to no organisation, whose audit would have it
        return done

    @admin.action(description="Replay", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Receipt]) -> None:
        done = [self._replay(request, receipt) for receipt in queryset.filter(state__in=_REPLAYABLE)]
        self.message_user(request, f"{sum(done)} replayed")


@admin.register(Command)
class CommandAdmin(WorkAdmin, OrdersAdmin):
    """What the carrier was told to do, and what became of it."""

    scope = "settings"
    about_field = "target_id"
    list_display = ["when", "kind", "about", "state_label", "attempts", "reason", "next_attempt", "organization"]
    list_filter = [FailedFirstFilter]
    list_select_related = ["organization"]
    search_fields = ["target_id__exact"]
    search_help_text = "The whole id of what it is about"
    fields = [
        ("kind", "about_link"), ("state_label", "attempts"), "whole_reason", ("when", "next_attempt", "ended"),
        ("at_most_once", "give_up"), "raw", ("id", "organization"),
    ]  # fmt: skip
    readonly_fields = [
        "kind", "about_link", "state_label", "attempts", "whole_reason", "when", "next_attempt", "ended",
        "at_most_once", "give_up", "raw", "id", "organization",
    ]  # fmt: skip

    def zone(self, row: Command) -> str:
        return row.organization.timezone

    @display(description="Given up after")
    def give_up(self, command: Command) -> str:
        return local(command.give_up_at, self.zone(command))

    @display(description="With")
    def raw(self, row: Any) -> Any:
        return super().raw(row)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser or bool(organizations_with(request, "settings:write"))

    def orders(self, row: Command) -> list[Order]:
        """What may happen at most once stays as it is: nobody knows here whether it happened."""
        again = row.state in _REPLAYABLE and not row.at_most_once
        return [Order("replay", "Tell the carrier again")] if again else []

    def order_replay(self, request: HttpRequest, row: Command) -> str:
        return "The carrier is told again." if self._replay(request, row) else ""

    @transaction.atomic
    def _replay(self, request: HttpRequest, command: Command) -> bool:
        done = commands.replay(command)
        if done:
            actor, organization_id = principal_in(request, command.organization), command.organization_id
            audit.record(organization_id=organization_id, actor=actor, action="command.replayed", target=command)
        return done

    @admin.action(description="Replay", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Command]) -> None:
        finished = queryset.filter(state__in=_REPLAYABLE, at_most_once=False)
        if not staff_user(request).is_superuser:
            finished = finished.filter(organization__in=organizations_with(request, "settings:write"))
        done = [self._replay(request, command) for command in finished.select_related("organization")]
        self.message_user(request, f"{sum(done)} of {queryset.count()} replayed")


def _say_what(rows: Iterable[Any], field: str) -> None:
    """(in words, where its page is) on each row; None where nothing of ours is found any more."""
    rows = list(rows)
    wanted = {getattr(row, field) for row in rows}
    found: dict[UUID, tuple[str, str]] = {}
    for label, words, to_page, page in _ABOUT:
        if left := wanted - set(found):
            named = apps.get_model(label)._base_manager.filter(pk__in=left).values_list("pk", to_page)
            found |= {pk: (words, reverse(f"admin:{page}_change", args=[target])) for pk, target in named}
    for row in rows:
        row.about = found.get(getattr(row, field))
