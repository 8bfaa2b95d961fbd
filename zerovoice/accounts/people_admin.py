"""Organisations and their people in the admin site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest
from rest_framework_simplejwt.token_blacklist import admin as _  # noqa: F401  # registers what is taken out below
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldBooleanSwitchWidget

from zerovoice.accounts import actions, two_factor
from zerovoice.accounts.admin import OperatorAdmin, RefusableAdmin, TenantAdmin, principal_in, staff_user
from zerovoice.accounts.models import Authenticator, Membership, Organization, User

admin.site.unregister(Group)  # roles of memberships say who may do what
for tokens in (OutstandingToken, BlacklistedToken):
    admin.site.unregister(tokens)  # people's log-ins to the API: nobody's to read


def with_two_factor(rows: QuerySet[Any], user: str) -> QuerySet[Any]:
    """`user`: the column with the person's id."""
    theirs = Authenticator.objects.filter(user=OuterRef(user), confirmed=True)
    return rows.annotate(has_two_factor=Exists(theirs))


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
class UserAdmin(OperatorAdmin, DjangoUserAdmin):
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

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:  # type: ignore[override]
        """New passwords come by here too."""
        fields = {field for row in message for told in row.values() for field in told.get("fields", ())}
        actions.person_changed(obj, action="user.changed", by=staff_user(request), fields=fields)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[User]) -> Any:  # type: ignore[override]
        for user in queryset:
            actions.person_changed(user, action="user.deleted", by=staff_user(request))
        return super().log_deletions(request, queryset)

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
class MembershipAdmin(RefusableAdmin):
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
        if change:
            actions.change_role(membership=obj, role=obj.role, actor=actor)
        else:
            obj.pk = actions.add_member(organization=obj.organization, user=obj.user, role=obj.role, actor=actor).pk
        if "back_office" in form.changed_data:
            actions.set_back_office(membership=obj, allowed=form.cleaned_data["back_office"], actor=actor)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        actions.remove_member(membership=obj, actor=principal_in(request, obj.organization))
