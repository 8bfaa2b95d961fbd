"""Buying a number: what the carrier sells is searched, one is chosen, and bought after a second look."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property

from numbers import actions
from numbers.models import PhoneNumber
from numbers.serializers import PurchaseSerializer, SearchSerializer
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import ApiError, problems_of
from zerovoice.backoffice import pages
from zerovoice.billing.models import Account, Rate
from zerovoice.billing.spending import number_months
from zerovoice.carrier.results import AvailableNumber
from zerovoice.lib import clock, phone

_WANTED = ("country", "number_type", "area_code", "contains")
_PAPERS = {
    "any": "an address of yours",
    "local": "an address of yours in that area",
    "foreign": "an address of yours in another country",
}


class SearchForm(forms.Form):
    """Checked by the API's serializer, so that both say the same."""

    country = forms.CharField(initial="US", max_length=2, help_text="Two letters, such as US, CA, GB")
    number_type = forms.ChoiceField(choices=PhoneNumber.Type.choices, label="Kind")
    area_code = forms.CharField(required=False, max_length=5, help_text="In the US and Canada three digits")
    contains = forms.CharField(
        required=False, max_length=17, help_text="Digits, or letters as on a keypad; * is any digit"
    )
    voice = forms.BooleanField(required=False, label="Calls")
    sms = forms.BooleanField(required=False, label="SMS")
    mms = forms.BooleanField(required=False, label="MMS")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.field.widget.attrs["aria-describedby"] = f"{field.id_for_label}_help"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        wanted = {name: data[name] for name in _WANTED if data[name]}
        wanted["country"] = wanted["country"].upper()
        checked = SearchSerializer(data={**wanted, "limit": 50})
        if checked.is_valid():
            self.wanted = checked.validated_data
        for name, problem in () if checked.is_valid() else problems_of(checked.errors):
            self.add_error(name if name in self.fields else None, problem)
        return data

    def search(self, organization_id: UUID) -> list[AvailableNumber]:
        """Raises ApiError. What a number must be able to do, the carrier's answer says."""
        found = actions.search(organization_id=organization_id, **self.wanted)
        able = [name for name in ("voice", "sms", "mms") if self.cleaned_data[name]]
        return [number for number in found if all(getattr(number, name) for name in able)]


@pages.register
class BuyPage(pages.StaffPage):
    route = "numbers/buy"
    name = "buy_number"
    scope = "numbers"
    verb = "write"
    title = "Buy a number"
    template_name = "numbers/buy.html"

    @cached_property
    def form(self) -> SearchForm:
        return SearchForm(self.request.GET if "country" in self.request.GET else None)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context: dict[str, Any] = {"form": self.form, "query": request.GET.urlencode()}
        chosen = request.GET.get("number", "")
        if chosen:
            return self.render_to_response(self.get_context_data(**context, **self._chosen(chosen)))
        if self.form.is_bound and self.form.is_valid():
            context |= self._found()
        return self.render_to_response(self.get_context_data(**context))

    def _found(self) -> dict[str, Any]:
        try:
            found = self.form.search(self.organization.pk)
        except ApiError as error:
            if error.field in self.form.fields:
                self.form.add_error(error.field, error.message)
                return {}
            return {"problem": error.message}
        rates = self._prices([number.phone_number for number in found])
        return {"found": [self._shown(number, rates) for number in found]}

    def _shown(self, number: AvailableNumber, rates: dict[str, Rate]) -> dict[str, Any]:
        query = self.request.GET.copy()
        query["number"] = number.phone_number
        return {
            **asdict(number),
            "readable": phone.spelt(number.phone_number),
            "place": ", ".join(part for part in (number.locality, number.region, number.country) if part),
            "price": _price(rates.get(number.phone_number)),
            "papers": _PAPERS.get(number.address_requirements, ""),
            "query": query.urlencode(),
        }

    def _prices(self, numbers: list[str]) -> dict[str, Rate]:
        account = Account.objects.filter(organization=self.organization).first()
        return number_months(numbers, account.currency, clock.now().astimezone(UTC).date()) if account else {}

    def _chosen(self, number: str) -> dict[str, Any]:
        try:
            number = phone.parse_e164(number)
        except phone.InvalidPhone:
            return {"problem": "This is no phone number"}
        back = self.request.GET.copy()
        back.pop("number", None)
        rate = self._prices([number]).get(number)
        shown = {"number": number, "readable": phone.spelt(number), "price": _price(rate), "back": back.urlencode()}
        return {"chosen": shown}

    def post(self, request: HttpRequest) -> HttpResponseBase:
        organization = self._buyer()
        given = ("phone_number", "friendly_name", "address_sid", "bundle_sid")
        body = {name: value for name in given if (value := request.POST.get(name, "").strip())}
        checked = PurchaseSerializer(data=body)
        try:
            if not checked.is_valid():
                field, problem = next(iter(problems_of(checked.errors)))
                return self._again(body, f"{field.replace('_', ' ').capitalize()}: {problem}")
            number = actions.buy_number(
                organization_id=organization.pk, principal=self.principal(organization), **checked.validated_data
            )
        except ApiError as error:
            return self._again(body, error.message)
        readable = phone.spelt(number.number)
        if number.status == PhoneNumber.Status.ACTIVE:
            messages.success(request, f"{readable} is yours. Choose now where its calls go.")
        else:
            messages.warning(
                request,
                f"The carrier has not said yet whether it sold {readable}. Its state here changes when it does.",
            )
        return redirect("admin:numbers_phonenumber_change", number.pk)

    def _buyer(self) -> Organization:
        """The organisation that was shown when the person said yes. Raises PermissionDenied."""
        try:
            found = Organization.objects.filter(pk=UUID(self.request.POST.get("organization", ""))).first()
        except ValueError:
            found = None
        if found is None or not pages.may_in(self.request, "numbers:write", found):
            raise PermissionDenied
        return found

    def _again(self, body: dict[str, str], problem: str) -> HttpResponseBase:
        context = {"form": self.form, "problem": problem, "given": body, **self._chosen(body.get("phone_number", ""))}
        context["problem"] = problem
        return self.render_to_response(self.get_context_data(**context))


def _price(rate: Rate | None) -> str:
    return f"{rate.amount:.2f} {rate.currency} a month" if rate else ""
