"""The audit as people read it: who did what to what, and whether all of it is still as it was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, Concat, NullIf
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from zerovoice.accounts import tasks
from zerovoice.accounts.admin import organizations_with, staff_user
from zerovoice.accounts.audit_state import state_of
from zerovoice.accounts.lists import GrowingAdmin, OrganizationFilter, WhenFilter, chosen_organization, local
from zerovoice.accounts.models import ApiKey, AuditEntry, User
from zerovoice.lib.tasks import enqueue

_SYSTEM = "system"
_LINK = "text-primary-600 dark:text-primary-500"
_MOST = 200  # of names to choose from
_KINDS_NAMED = 2  # of what was changed, on one page: the most frequent ones. Each is a query
#: Each kind once, however many entries there are: an index is read from one kind to the next.
_KINDS = """
    WITH RECURSIVE kind(name) AS (
        (SELECT action FROM accounts_auditentry WHERE organization_id = %(whose)s ORDER BY action LIMIT 1)
        UNION ALL
        SELECT (SELECT action FROM accounts_auditentry
                WHERE organization_id = %(whose)s AND action > kind.name ORDER BY action LIMIT 1)
        FROM kind WHERE kind.name IS NOT NULL
    )
    SELECT name FROM kind WHERE name IS NOT NULL
"""
_SPELT = {"api": "API", "dnc": "do-not-call entry", "gdpr": "privacy request", "ivr": "IVR"}


def words_of(action: str) -> str:
    """ "api_key.created" → "API key created"."""
    text = " ".join(_SPELT.get(word, word) for word in action.replace(".", "_").split("_") if word)
    return text[:1].upper() + text[1:]


class ActionFilter(DropdownFilter):
    title = "what was done"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        organization = chosen_organization(request, model_admin.scope)
        with connection.cursor() as cursor:
            cursor.execute(_KINDS, {"whose": organization.pk if organization else None})
            return [(name, words_of(name)) for (name,) in cursor.fetchall()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(action=self.value()) if self.value() else queryset


class ActorFilter(DropdownFilter):
    title = "who did it"
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        organization = chosen_organization(request, model_admin.scope)
        people = User.objects.filter(memberships__organization=organization).order_by("email")[:_MOST]
        keys = ApiKey.objects.filter(organization=organization).order_by("name")[:_MOST]
        request.__dict__["_audit_actors"] = named = _names(people, keys)
        return [(_SYSTEM, "The system"), *((str(pk), name) for pk, name in named.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        chosen = self.value()
        if not chosen:
            return queryset
        return queryset.filter(actor_id=None if chosen == _SYSTEM else _id(chosen))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@admin.register(AuditEntry)
class AuditEntryAdmin(GrowingAdmin):
    scope = "settings"
    list_display = ["when", "who", "what", "on", "changed"]
    list_filter = [OrganizationFilter, WhenFilter, ActionFilter, ActorFilter]
    list_before_template = "accounts/audit_state.html"
    list_select_related = ["organization"]
    search_fields = ["target_id"]  # which only shows the box
    search_help_text = "Who did it: a name or an e-mail address. Or the whole id of what was changed, or of a request"
    ordering = ["-created_at", "-id"]
    fields = [("when", "who"), ("what", "on"), "changed", ("request_id", "target_id"), "organization"]
    readonly_fields = ["when", "who", "what", "on", "changed", "request_id", "target_id", "organization"]

    def get_urls(self) -> list[URLPattern]:
        check = self.admin_site.admin_view(require_POST(self.look_again))
        return [path("check/", check, name="accounts_auditentry_check"), *super().get_urls()]

    def look_again(self, request: HttpRequest) -> HttpResponse:
        """Have a worker look whether all is as it was written."""
        organization = chosen_organization(request, self.scope)
        allowed = organizations_with(request, "settings:write")
        if organization is None or not (staff_user(request).is_superuser or organization.pk in allowed):
            raise PermissionDenied
        enqueue(tasks.check_audit, str(organization.pk))
        self.message_user(request, "The audit is being checked. Reload in a moment.", messages.INFO)
        return HttpResponseRedirect(f"{reverse('admin:accounts_auditentry_changelist')}?in={organization.pk}")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if known := _id(term):
            return queryset.filter(Q(target_id=str(known)) | Q(actor_id=known)), False
        organization = chosen_organization(request, self.scope)
        mine = User.objects.filter(memberships__organization=organization)
        people = mine.filter(Q(email__icontains=term) | Q(name__icontains=term)).values_list("pk", flat=True)
        keys = ApiKey.objects.filter(organization=organization, name__icontains=term).values_list("pk", flat=True)
        return queryset.filter(actor_id__in=[*people[:_MOST], *keys[:_MOST]]), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The names of a page's people and things in one query for each kind of them."""
        changelist = super().get_changelist_instance(request)
        _name(self.admin_site, request, changelist.result_list)
        organization = chosen_organization(request, self.scope)
        changelist.audit = state_of(organization) if organization else None
        changelist.may_check = staff_user(request).is_superuser or (
            organization is not None and organization.pk in organizations_with(request, "settings:write")
        )
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        _name(self.admin_site, request, [found] if found else [])
        return found

    @display(description="When")
    def when(self, entry: AuditEntry) -> str:
        return local(entry.created_at, entry.organization.timezone)

    @display(description="Who")
    def who(self, entry: Any) -> str:
        return str(entry.actor_name)

    @display(description="Did")
    def what(self, entry: AuditEntry) -> str:
        return words_of(entry.action)

    @display(description="To")
    def on(self, entry: Any) -> Any:
        kind, name, url = entry.target
        shown = f"{kind} {name}".strip()
        return format_html('<a href="{}" class="{}">{}</a>', url, _LINK, shown) if url else shown

    @display(description="Fields")
    def changed(self, entry: AuditEntry) -> str:
        return ", ".join(name.replace("_", " ") for name in entry.fields) or "–"


def _names(people: QuerySet[User], keys: QuerySet[ApiKey]) -> dict[UUID, str]:
    """By id, in one query."""
    of_people = people.values_list("pk", Coalesce(NullIf("name", Value("")), "email", output_field=TextField()))
    of_keys = keys.values_list("pk", Concat(Value("Key "), "name", output_field=TextField()))
    return dict(of_people.union(of_keys, all=True))


def _name(site: admin.AdminSite, request: HttpRequest, entries: Iterable[Any]) -> None:
    entries = list(entries)
    named = dict(request.__dict__.get("_audit_actors", {}))
    others = {entry.actor_id for entry in entries if entry.actor_id} - set(named)
    if others:
        named |= _names(User.objects.filter(pk__in=others), ApiKey.objects.filter(pk__in=others))
    for entry in entries:
        gone = {"user": "Somebody who is gone", "api_key": "A key that is gone"}.get(entry.actor_kind, "The system")
        entry.actor_name = named.get(entry.actor_id, gone)
        entry.target = (_kind(entry.target_type), "", "")
    by_label = {model._meta.label_lower: model for model in site._registry}
    often = Counter(entry.target_type for entry in entries if entry.target_type in by_label)
    for label, _ in often.most_common(_KINDS_NAMED - bool(others)):  # whose names were a query too
        _name_targets(site, request, by_label[label], [entry for entry in entries if entry.target_type == label])


def _name_targets(site: admin.AdminSite, request: HttpRequest, model: type[Model], about: list[Any]) -> None:
    model_admin = site._registry[model]
    if not model_admin.has_view_permission(request):
        return
    named_with = model_admin.list_select_related
    related = named_with if isinstance(named_with, list) else []
    found = model._default_manager.select_related(*related) if related else model._default_manager.all()
    rows = {str(row.pk): row for row in found.filter(pk__in=[entry.target_id for entry in about])}
    for entry in about:
        row = rows.get(entry.target_id)
        if row is not None and model_admin.has_view_permission(request, row):
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
            entry.target = (entry.target[0], str(row), url)


def _kind(label: str) -> str:
    try:
        return words_of(str(apps.get_model(label)._meta.verbose_name).replace(" ", "_"))
    except LookupError:  # of a version before
        return label.rpartition(".")[2].capitalize()
