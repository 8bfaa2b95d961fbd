"""How our list of numbers differs from the carrier's."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from numbers import actions, drift
from numbers.admin.acting import carry_out, may_write, writable
from numbers.models import Drift
from zerovoice.accounts.admin import ReadOnlyAdmin, principal_in
from zerovoice.carrier.errors import CarrierError
from zerovoice.lib import clock

_ADDRESSES = {
    "voice_url": "calls",
    "voice_fallback_url": "calls in an emergency",
    "status_callback": "ends of calls",
    "sms_url": "messages",
    "sms_fallback_url": "messages in an emergency",
}
KINDS = {kind.label: colour for kind, colour in zip(Drift.Kind, ("danger", "info", "warning"), strict=True)}


@admin.register(Drift)
class DriftAdmin(ReadOnlyAdmin):
    """The last comparison. What nobody here owns on the shared account is shown to operators only."""

    scope = "numbers"
    list_select_related = ["organization"]
    list_per_page = 50
    list_display = ["number", "kind_label", "what", "account_sid", "found", "organization"]
    list_filter = ["kind"]
    search_fields = ["number"]
    search_help_text = "Part of a number"
    ordering = ["-found_at"]
    sortable_by = ()
    fields = [("number", "kind_label"), ("what", "found"), ("account_sid", "sid"), "organization"]
    readonly_fields = ["number", "kind_label", "what", "found", "account_sid", "sid", "organization"]
    actions = ["adopt", "compare"]

    def has_act_permission(self, request: HttpRequest) -> bool:
        return may_write(request)

    @display(description="Difference", label=KINDS)
    def kind_label(self, found: Drift) -> str:
        return str(found.get_kind_display())

    @display(description="What goes elsewhere")
    def what(self, found: Drift) -> str:
        return ", ".join(_ADDRESSES.get(name, name) for name in found.fields) or "–"

    @display(description="Since", ordering="found_at")
    def found(self, found: Drift) -> str:
        since = clock.now() - found.found_at
        return f"{since.days} days" if since.days else "today"

    @admin.action(description="Take over into the organization whose account it is on", permissions=["act"])
    def adopt(self, request: HttpRequest, queryset: QuerySet[Drift]) -> None:
        unowned = writable(request, queryset).filter(kind=Drift.Kind.UNKNOWN)
        if unowned.filter(organization=None).exists():
            words = "Numbers of the shared account: manage.py adopt_number <organization> <number>"
            self.message_user(request, words, messages.WARNING)
        carry_out(
            self,
            request,
            unowned.exclude(organization=None).select_related("organization"),
            lambda found: actions.adopt_number(
                organization_id=found.organization_id,
                phone_number=found.number,
                principal=principal_in(request, found.organization),
            ),
            "taken over",
        )

    @admin.action(description="Compare with the carrier now", permissions=["act"])
    def compare(self, request: HttpRequest, queryset: QuerySet[Drift]) -> None:
        for account_sid in set(writable(request, queryset).values_list("account_sid", flat=True)):
            try:
                drift.compare(account_sid)
            except CarrierError:
                self.message_user(request, f"{account_sid}: the carrier is not available", messages.ERROR)
