"""Who may do what in the admin site, and the base for every app's admin. Our own rows: `people_admin`, `keys_admin`,
`audit_admin`.

Staff see the organisations they are members of, and may do there what their role's scopes allow: the same mechanism
as the API's. Superusers (operators of the instance) see and may do everything.
"""

import json
from collections.abc import Iterable
from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from unfold.admin import ModelAdmin
from unfold.forms import AuthenticationForm

from zerovoice.accounts.models import Membership, Organization, User
from zerovoice.accounts.scopes import AGENT, ALL, SCOPES_OF_ROLE
from zerovoice.api.errors import ApiError, RateLimited
from zerovoice.api.principal import Principal


class LoginForm(AuthenticationForm):
    """The throttle's refusal as a line of the form."""

    def clean(self) -> dict[str, Any]:
        try:
            return cast("dict[str, Any]", super().clean())
        except RateLimited as error:
            raise ValidationError(f"{error.message}; try again in {error.headers['Retry-After']} s.") from error


admin.site.login_form = LoginForm
admin.site.site_header = admin.site.site_title = "ZeroVoice"


def staff_user(request: HttpRequest) -> User:
    return cast(User, request.user)


def memberships_of(request: HttpRequest) -> list[Membership]:
    """With their organisations. Read once for each request."""
    memberships: list[Membership] | None = getattr(request, "_memberships", None)
    if memberships is None:
        memberships = list(staff_user(request).memberships.select_related("organization"))
        request._memberships = memberships  # type: ignore[attr-defined]
    return memberships


def is_agent_only(request: HttpRequest) -> bool:
    """Whether the person sees nothing of a floor but what is their own."""
    roles = {row.role for row in memberships_of(request)}
    return roles == {AGENT} and not staff_user(request).is_superuser


def organizations_with(request: HttpRequest, scope: str, *, as_agent: bool = False) -> set[UUID]:
    """Where the person may do that.

    An agent reads only what belongs to their own calls, and lists show an organisation's: so that role opens nothing
    here, but for pages made for agents, which narrow what they show themselves (`as_agent`).
    """
    return {
        m.organization_id
        for m in memberships_of(request)
        if scope in SCOPES_OF_ROLE[m.role] and (as_agent or m.role != AGENT)
    }


def principal_in(request: HttpRequest, organization: Organization) -> Principal:
    """Who acts, for actions and the audit. A superuser may do everything everywhere."""
    user = staff_user(request)
    membership = user.memberships.filter(organization=organization).first()
    role = membership.role if membership else ""
    scopes = ALL if user.is_superuser else SCOPES_OF_ROLE[role] if role else frozenset()
    return Principal("user", user.id, user.email, organization.info(), role, scopes)


class DiscreetAdmin(ModelAdmin):
    """Django's history of a row, without what the row is called: it would outlive the erasure of a person."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return _log(request, [obj], ADDITION, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return _log(request, [obj], CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        return _log(request, queryset, DELETION, "")


def _log(request: HttpRequest, rows: Iterable[Model], flag: int, message: Any) -> list[LogEntry]:
    if isinstance(message, list):  # of what was changed where; "object" is what another row is called
        message = json.dumps(
            [
                {kind: {key: v for key, v in told.items() if key != "object"}}
                for row in message
                for kind, told in row.items()
            ]
        )
    return [
        LogEntry.objects.create(
            user_id=staff_user(request).pk,
            content_type=ContentType.objects.get_for_model(row, for_concrete_model=False),
            object_id=str(row.pk),
            object_repr=f"{row._meta.verbose_name} {row.pk}"[:200],
            action_flag=flag,
            change_message=message,
        )
        for row in rows
    ]


class OperatorAdmin(DiscreetAdmin):
    """The instance's rows, not an organisation's: for superusers alone."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return staff_user(request).is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return staff_user(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return staff_user(request).is_superuser


class TenantAdmin(DiscreetAdmin):
    """Rows of the person's organisations. `scope` is the area, as in the API: to read, and to write."""

    scope: ClassVar[str]
    organization_field: ClassVar[str] = "organization"  # the look-up that leads to it

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if staff_user(request).is_superuser:
            return rows
        allowed = organizations_with(request, f"{self.scope}:read")
        return rows.filter(**{f"{self.organization_field}__in": allowed})

    def _may(self, request: HttpRequest, verb: str, obj: Model | None) -> bool:
        user = staff_user(request)
        if not (user.is_active and user.is_staff):
            return False
        if user.is_superuser:
            return True
        allowed = organizations_with(request, f"{self.scope}:{verb}")
        return bool(allowed) if obj is None else self._organization_id(obj) in allowed

    def _organization_id(self, obj: Any) -> UUID:
        *way, last = self.organization_field.split("__")
        for name in way:
            obj = getattr(obj, name)
        return cast(UUID, getattr(obj, f"{last}_id"))  # without loading the organisation

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "read", None)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, "read", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "write", None)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, "write", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, "write", obj)

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """A row can be tied only to what its owner may write to."""
        if not staff_user(request).is_superuser:
            allowed = organizations_with(request, f"{self.scope}:write")
            related: Any = db_field.remote_field.model
            if related is Organization:
                kwargs["queryset"] = Organization.objects.filter(pk__in=allowed)
                if len(allowed) == 1:
                    kwargs.setdefault("initial", next(iter(allowed)))
            elif any(field.name == "organization" for field in related._meta.fields):
                kwargs["queryset"] = related._default_manager.filter(organization__in=allowed)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyAdmin(TenantAdmin):
    """For what is written by the system alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class RefusableAdmin(TenantAdmin):
    """Rows that actions write. When one refuses, nothing is written and the person reads why."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except ApiError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().delete_view(request, object_id, extra_context)
        except ApiError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


def show_once(
    request: HttpRequest, model_admin: ModelAdmin, *, title: str, words: str, secrets: list[str]
) -> HttpResponse:
    """A page of its own for what is never shown again. It is in this answer alone: in no message, no session."""
    opts = model_admin.model._meta
    context = {
        **model_admin.admin_site.each_context(request), "title": title, "words": words, "secrets": secrets,
        "back": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"), "opts": opts,
    }  # fmt: skip
    answer = TemplateResponse(request, "accounts/shown_once.html", context)
    add_never_cache_headers(answer)
    return answer
