"""Giving a number back to the carrier: for good, so its last digits are typed before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from numbers import actions
from numbers.admin.targets import route_names
from numbers.models import PhoneNumber
from zerovoice.api.errors import ApiError
from zerovoice.backoffice import pages
from zerovoice.lib import phone

TYPED = 4


@pages.register
class ReleasePage(pages.RowPage[PhoneNumber]):
    route = "numbers/<uuid:pk>/give-back"
    name = "release_number"
    scope = "numbers"
    verb = "write"
    model = PhoneNumber
    title = "Give a number back"
    template_name = "numbers/release.html"
    problem = ""

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        number = self.object
        if request.POST.get("typed", "").strip() != number.number[-TYPED:]:
            self.problem = f"Type the last {TYPED} digits of the number"
            return self.render_to_response(self.get_context_data())
        try:
            actions.release_number(principal=self.principal(number.organization), number=number)
        except ApiError as error:
            self.problem = error.message
            return self.render_to_response(self.get_context_data())
        messages.success(request, f"{phone.spelt(number.number)} was given back")
        return redirect("admin:numbers_phonenumber_changelist")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        number = self.object
        return super().get_context_data(
            number=number,
            readable=phone.spelt(number.number),
            leads_to=route_names([number.routing])[0] if number.routing else "Default queue",
            typed=TYPED,
            problem=self.problem,
            **kwargs,
        )
