"""Forms that write through actions: the API's serializer checks them, the action refuses, the form says so."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from rest_framework.serializers import BaseSerializer

from zerovoice.accounts.admin import TenantAdmin, organizations_with, principal_in, staff_user
from zerovoice.accounts.lists import sees_several
from zerovoice.api.errors import ApiError, problems_of
from zerovoice.api.principal import Principal


class ActionForm(forms.ModelForm):
    """`checked` is what the serializer made of the form, ready for the action."""

    serializer: ClassVar[type[BaseSerializer[Any]]]
    refusal: ClassVar[ApiError | None] = None
    #: The serializer's name of a field → the form's, where they differ.
    names: ClassVar[dict[str, str]] = {}

    def payload(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "organization"}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return data
        checked: Any = self.serializer(data=self.payload())
        if checked.is_valid():
            self.checked = dict(checked.validated_data)
        for name, problem in () if checked.is_valid() else problems_of(checked.errors):
            self._complain(name, problem)
        if self.refusal is not None:
            self._complain(self.refusal.field, self.refusal.message)
        return data

    def _complain(self, name: str, problem: str) -> None:
        name, _, part = name.partition(".")
        name = self.names.get(name, name)
        told = f"{part}: {problem}" if part and not getattr(self.fields.get(name), "is_one_thing", False) else problem
        self.add_error(name if name in self.fields else None, told)


class ActionAdmin(TenantAdmin):
    """Rows that people write, each through its action. `write_scope` where writing needs another area, as in the API.

    When the action refuses, all of it is rolled back and the form is shown again with the reason.
    """

    write_scope: ClassVar[str] = ""
    form: type[ActionForm]

    def perform(self, principal: Principal, obj: Any | None, checked: dict[str, Any]) -> Model:
        """Call the action. `obj` is the row as the database has it, None to make one. Raises ApiError."""
        raise NotImplementedError

    def perform_delete(self, principal: Principal, obj: Any) -> None:
        raise NotImplementedError

    def _may(self, request: HttpRequest, verb: str, obj: Model | None) -> bool:
        user = staff_user(request)
        if verb != "write" or not self.write_scope or not (user.is_active and user.is_staff) or user.is_superuser:
            return super()._may(request, verb, obj)
        allowed = organizations_with(request, f"{self.write_scope}:write")
        return bool(allowed) if obj is None else self._organization_id(obj) in allowed

    def within(self, request: HttpRequest, obj: Any | None, lookup: str = "organization") -> Q:
        """Whose rows a form may offer: those of the row's organisation; of a new row's, where the person may write."""
        if obj is not None:
            return Q(**{lookup: obj.organization_id})
        if staff_user(request).is_superuser:
            return Q()
        return Q(**{f"{lookup}__in": organizations_with(request, f"{self.write_scope or self.scope}:write")})

    def narrowed(
        self, request: HttpRequest, obj: Any | None, rows: QuerySet[Any], lookup: str = "organization"
    ) -> QuerySet[Any]:
        return rows.filter(self.within(request, obj, lookup))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "organization" and not staff_user(request).is_superuser:
            allowed = organizations_with(request, f"{self.write_scope or self.scope}:write")
            field.queryset = db_field.remote_field.model.objects.filter(pk__in=allowed)
            if len(allowed) == 1:
                field.initial = next(iter(allowed))
        return field

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        given = super().get_readonly_fields(request, obj)
        return [*given, "organization"] if obj else given

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return [*shown, "organization"] if sees_several(request, self.scope) else shown

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "_refusal", None)
        return form

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except ApiError as error:
            request._refusal = error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        before = type(obj)._default_manager.get(pk=obj.pk) if change else None  # the form has written to `obj`
        obj.pk = self.perform(principal_in(request, obj.organization), before, form.checked).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        try:
            with transaction.atomic():
                self.perform_delete(principal_in(request, obj.organization), obj)
        except ApiError as error:
            request._refusal = error  # type: ignore[attr-defined]

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        refused = getattr(request, "_refusal", None)
        if refused is None:
            return super().response_delete(request, obj_display, obj_id)
        self.message_user(request, refused.message, "ERROR")
        return self.response_post_save_change(request, self.get_object(request, str(obj_id)))

    def get_actions(self, request: HttpRequest) -> Any:
        """Deleting is done one by one: each may be refused."""
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        return found
