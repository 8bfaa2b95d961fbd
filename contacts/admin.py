"""The organisation's contacts in the admin site."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import phonenumbers
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from contacts import about, actions
from contacts.models import ADDRESS, Contact
from zerovoice.accounts.admin import RefusableAdmin, principal_in
from zerovoice.accounts.lists import BoundedPaginator, OrganizationFilter, local, sees_several
from zerovoice.lib import personal, phone


class ContactForm(forms.ModelForm):
    class Meta:
        model = Contact
        fields = ["name", "phone", "company", "email", "tags", "organization", *ADDRESS, "timezone"]
        labels: ClassVar = {"phone": "Phone", "email": "E-mail", "country": "Country", "timezone": "Time zone"}
        help_texts: ClassVar = {"tags": "With commas between them", "country": "Two letters, such as US"}
        widgets: ClassVar = {"tags": UnfoldAdminTextInputWidget}

    def clean_phone(self) -> str:
        """As it is kept; blanks and punctuation that people type are left out."""
        try:
            return phone.parse_e164(re.sub(r"[\s().\-/]", "", self.cleaned_data["phone"]))
        except phone.InvalidPhone as error:
            raise ValidationError(f"{error}: + and the country's code first") from error

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        if country and country not in phonenumbers.SUPPORTED_REGIONS:
            raise ValidationError("Must be an ISO 3166 country code, such as US")
        return country


@admin.register(Contact)
class ContactAdmin(RefusableAdmin):
    scope = "contacts"
    form = ContactForm
    list_display = ["name", "number", "company", "labels", "last", "place"]
    list_select_related = ["organization"]
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    paginator = BoundedPaginator
    list_filter = [OrganizationFilter]
    search_fields = ["name"]  # which only shows the box: `get_search_results` searches as the API does
    search_help_text = "Parts of name, company, e-mail or phone number"
    sortable_by = ()
    ordering = ["-id"]
    change_form_outer_before_template = "contacts/about.html"
    fieldsets = [
        (None, {"fields": [("name", "phone"), ("company", "email"), "tags", "organization"]}),
        ("Address", {"fields": ["street", ("city", "region"), ("postal_code", "country"), "timezone"]}),
    ]

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return [*shown, "organization"] if sees_several(request, self.scope) else shown

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.full_result_count = changelist.result_count  # else the heading offers to "show all"
        rows = list(changelist.result_list)
        known = about.last_contacts(request, rows)
        for contact in rows:
            contact.last_contact = known.get(contact.pk)
        changelist.result_list = rows
        return changelist

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        contact = kwargs.get("obj")
        if contact is not None:
            held = personal.is_held(contact.organization_id, contact.pk)
            context |= {"parts": about.about(request, contact), "held": held}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        return super().get_queryset(request).defer("search_text")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found: Any = queryset
        return (found.search(search_term) if search_term.strip() else queryset), False

    def get_readonly_fields(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        return ["organization"] if obj else []

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:
        """Through the same actions as the API, so that the audit knows."""
        principal = principal_in(request, obj.organization)
        if change:
            fields = {name: getattr(obj, name) for name in form.changed_data}
            actions.change_contact(principal=principal, contact=obj, **fields)
        else:
            fields = {name: value for name, value in form.cleaned_data.items() if name != "organization"}
            obj.pk = actions.create_contact(principal=principal, **fields).pk

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        actions.delete_contact(principal=principal_in(request, obj.organization), contact=obj)

    @display(description="Phone")
    def number(self, contact: Contact) -> str:
        return phone.spelt(contact.phone)

    @display(description="Last contact")
    def last(self, contact: Any) -> str:
        return local(contact.last_contact, contact.organization.timezone)

    @display(description="Tags")
    def labels(self, contact: Contact) -> str:
        return ", ".join(contact.tags) or "–"

    @display(description="Place")
    def place(self, contact: Contact) -> str:
        return ", ".join(part for part in (contact.city, contact.region, contact.country) if part) or "–"
