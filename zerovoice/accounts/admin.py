"""Organisations, people, keys and audit in the admin site, and the base for every other app's admin.

Staff see the organisations they are members of, and may do there what their role's scopes allow: the same mechanism
as the API's. Superusers (operators of the instance) see and may do everything.
"""

from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Exists, ForeignKey, Model, OuterRef, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, AuthenticationForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldBooleanSwitchWidget

from zerovoice.accounts import actions, two_factor
from zerovoice.accounts.models import ApiKey, AuditEntry, Authenticator, Membership, Organization, User
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
admin.site.unregister(Group)  # roles of memberships say who may do what


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
    return not staff_user(request).is_superuser and all(row.role == AGENT for row in memberships_of(request))


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


def with_two_factor(rows: QuerySet[Any], user: str) -> QuerySet[Any]:
    """`user`: the column with the person's id."""
    theirs = Authenticator.objects.filter(user=OuterRef(user), confirmed=True)
    return rows.annotate(has_two_factor=Exists(theirs))


class TenantAdmin(ModelAdmin):
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
        for name in self.organization_field.split("__"):
            obj = getattr(obj, name)
        return cast(UUID, obj.pk)

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


@admin.register(Organization)
class OrganizationAdmin(TenantAdmin):
    scope = "settings"
    organization_field = "pk"
    list_display = ["name", "slug", "status", "country", "timezone", "rate_limit_per_minute", "created_at"]
    list_filter = ["status", "country"]
    search_fields = ["name", "slug"]
    readonly_fields = ["id", "created_at"]
    # What only the operator decides.
    operators = (
        *("slug", "status", "status_by_hand", "rate_limit_per_minute"),
        *("allowed_countries", "premium_rate_allowed"),
    )

    def _organization_id(self, obj: Any) -> UUID:
        return cast(UUID, obj.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # its calls and its audit stay for the books; suspend it

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        more = () if staff_user(request).is_superuser else self.operators
        return [*self.readonly_fields, *more]

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        if "status" in form.changed_data and "status_by_hand" not in form.changed_data:
            obj.status_by_hand = True
            form.changed_data.append("status_by_hand")
        super().save_model(request, obj, form, change)
        actor = principal_in(request, obj)
        if change:
            actions.organization_changed(obj, fields=form.changed_data, actor=actor)
        else:
            actions.organization_created(obj, actor=actor)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """People, for the operator of the instance; organisations manage theirs as memberships."""

    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    list_display = ["email", "name", "is_active", "is_staff", "is_superuser", "two_factor", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    readonly_fields = ["two_factor", "last_login", "created_at"]
    actions = ["remove_two_factor"]
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ["email", "name", "password", "two_factor"]}),
        ("May", {"fields": ["is_active", "is_staff", "is_superuser"]}),
        ("Dates", {"fields": ["last_login", "created_at"]}),
    )
    add_fieldsets = ((None, {"fields": ["email", "name", "password1", "password2", "is_staff"]}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return with_two_factor(super().get_queryset(request), "pk")

    def has_superuser_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser

    @display(description="Two-factor log-in", boolean=True)
    def two_factor(self, user: Any) -> bool:
        return bool(user.has_two_factor)

    @admin.action(description="Remove the authenticator: the phone is lost", permissions=["superuser"])
    def remove_two_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            two_factor.remove(user, by=staff_user(request))
        self.message_user(
            request, "Until they set up another one, their password alone opens their account.", "WARNING"
        )


class MembershipForm(forms.ModelForm):
    back_office = forms.BooleanField(
        required=False,
        label="May use the back office",
        help_text="Logs in here with e-mail and password. Agents see their desk, others what their role may see",
        widget=UnfoldBooleanSwitchWidget,
    )

    class Meta:
        model = Membership
        fields = ["organization", "user", "role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial.setdefault("back_office", self.instance.user.is_staff)


@admin.register(Membership)
class MembershipAdmin(TenantAdmin):
    scope = "settings"
    form = MembershipForm
    list_display = ["user", "organization", "role", "back_office", "two_factor", "created_at"]
    list_filter = ["role"]
    list_select_related = ["user", "organization"]
    search_fields = ["user__email", "user__name"]
    autocomplete_fields: ClassVar[list[str]] = ["user"]
    fields = ["organization", "user", "role", "back_office"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return with_two_factor(super().get_queryset(request), "user")

    @display(description="Two-factor log-in", boolean=True)
    def two_factor(self, membership: Any) -> bool:
        return bool(membership.has_two_factor)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_user(request).is_superuser  # others add new people over the API

    @display(description="Back office", boolean=True)
    def back_office(self, membership: Membership) -> bool:
        return membership.user.is_staff

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["organization", "user"] if obj else []

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        actor = principal_in(request, obj.organization)
        try:
            if change:
                actions.change_role(membership=obj, role=obj.role, actor=actor)
            else:
                made = actions.add_member(organization=obj.organization, user=obj.user, role=obj.role, actor=actor)
                obj.pk = made.pk
            if "back_office" in form.changed_data:
                actions.set_back_office(membership=obj, allowed=form.cleaned_data["back_office"], actor=actor)
        except ApiError as error:
            messages.error(request, error.message)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        try:
            actions.remove_member(membership=obj, actor=principal_in(request, obj.organization))
        except ApiError as error:
            messages.error(request, error.message)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset:
            self.delete_model(request, membership)


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(choices=[(scope, scope) for scope in sorted(ALL)])

    class Meta:
        model = ApiKey
        fields = ["organization", "name", "scopes", "expires_at"]


@admin.register(ApiKey)
class ApiKeyAdmin(TenantAdmin):
    scope = "keys"
    form = ApiKeyForm
    list_display = ["name", "organization", "prefix", "created_at", "expires_at", "revoked_at", "last_used_at"]
    list_select_related = ["organization"]
    list_filter = ["organization"]
    search_fields = ["name", "prefix"]
    actions = ["revoke"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["organization", "prefix", "revoked_at", "last_used_at"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # revoked, so that the audit still knows whose it was

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        actor = principal_in(request, obj.organization)
        given = {name: form.cleaned_data[name] for name in ("name", "scopes", "expires_at")}
        try:
            if change:
                actions.change_api_key(key=obj, actor=actor, **given)
                return
            made, text = actions.create_api_key(organization=obj.organization, actor=actor, **given)
        except ApiError as error:
            messages.error(request, error.message)
            return
        obj.pk = made.pk
        messages.warning(request, f"Copy the key now, it is not shown again: {text}")

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset.select_related("organization"):
            if self.has_change_permission(request, key):
                actions.revoke_api_key(key=key, actor=principal_in(request, key.organization))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    scope = "settings"
    list_display = ["created_at", "organization", "action", "actor_kind", "actor_id", "target_type", "target_id"]
    list_filter = ["action", "actor_kind"]
    list_select_related = ["organization"]
    search_fields = ["target_id", "actor_id", "request_id"]
    ordering = ["-id"]
