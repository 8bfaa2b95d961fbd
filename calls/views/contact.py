from __future__ import annotations

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from calls.filters import CallLogFilterSet
from calls.models import Call
from calls.serializers.call import CallSerializer
from calls.views.call import taking_part
from contacts.models import Contact
from zerovoice.api.viewsets import TenantViewSet


@extend_schema(tags=["Contacts"])
class ContactCallsViewSet(TenantViewSet):
    """A contact and calls meet by the phone number, so a contact made later has its history."""

    scope = "calls"
    queryset = Contact.objects.defer("search_text")
    lookup_url_kwarg = "contact_id"
    lists = {"calls": CallSerializer}
    filtersets = {"calls": CallLogFilterSet}
    operation_ids = {"calls": "list_contact_calls"}

    @action(detail=True)
    def calls(self, request: Request, contact_id: str) -> Response:
        """Calls with the contact's number, those that still last included, the newest first."""
        phone = self.get_object().phone
        history = self.own(Call.objects.select_related("queue", "agent"))
        mine = taking_part(self.principal, history)
        return self.answer_list(mine.filter(Q(from_number=phone) | Q(to_number=phone)))
