"""Buttons on a row's own page: each orders something by a POST, through the same action as the API's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from zerovoice.accounts.admin import RefusableAdmin
from zerovoice.api.errors import ApiError


@dataclass(frozen=True)
class Order:
    """`name`: the admin's method `order_<name>(request, row)`, which returns what to say, or a page.
    `sure`: what is asked before, where it cannot be taken back."""

    name: str
    label: str
    sure: str = ""


class Ordering(ModelAdmin):
    """`orders(row)` says what can be ordered now, `may_order` by whom."""

    change_form_outer_before_template = "backoffice/orders.html"

    def orders(self, row: Any) -> Sequence[Order]:
        raise NotImplementedError

    def may_order(self, request: HttpRequest, row: Any) -> bool:
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_order"
        return [
            path("<uuid:pk>/order/<slug:order>", self.admin_site.admin_view(self._order), name=name),
            *super().get_urls(),
        ]

    def _order(self, request: HttpRequest, pk: Any, order: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not self.may_order(request, row):
            raise PermissionDenied
        if order not in {known.name for known in self.orders(row)}:
            messages.warning(request, "This cannot be done any more: something has changed meanwhile.")
        else:
            try:
                told = getattr(self, f"order_{order}")(request, row)
                if isinstance(told, HttpResponse):
                    return told
                if told:
                    messages.success(request, told)
            except ApiError as error:
                messages.error(request, error.message)
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        shown = self.orders(row) if row is not None and self.may_order(request, row) else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "orders": shown})


class OrdersAdmin(Ordering, RefusableAdmin):
    """Only who may write to the row's organisation may order."""

    def may_order(self, request: HttpRequest, row: Any) -> bool:
        return self._may(request, "write", row)
