from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import actions
from contacts.filters import ContactFilterSet
from contacts.models import Contact
from contacts.serializers import ContactSerializer, WriteContactSerializer
from zerovoice.api.viewsets import ListMixin, TenantViewSet


@extend_schema(tags=["Contacts"])
class ContactViewSet(ListMixin, TenantViewSet):
    """Whom the organisation knows."""

    scope = "contacts"
    queryset = Contact.objects.defer("search_text")
    lookup_url_kwarg = "contact_id"
    serializer_class = ContactSerializer
    filterset_class = ContactFilterSet
    write_serializers = {"create": WriteContactSerializer, "partial_update": WriteContactSerializer}
    errors = {"create": (422,), "partial_update": (422,)}

    def retrieve(self, request: Request, contact_id: str) -> Response:
        """A contact."""
        return self.answer(self.get_object())

    def create(self, request: Request) -> Response:
        """Add a contact. A phone number belongs to one contact: a second is refused (422) and told the first's id."""
        return self.answer(actions.create_contact(principal=self.principal, **self.validated()), status=201)

    def partial_update(self, request: Request, contact_id: str) -> Response:
        """Change what is sent; of the address, the parts that are sent."""
        contact = actions.change_contact(principal=self.principal, contact=self.get_object(), **self.validated())
        return self.answer(contact)

    def destroy(self, request: Request, contact_id: str) -> Response:
        """Forget the contact. Calls and messages with the number stay."""
        actions.delete_contact(principal=self.principal, contact=self.get_object())
        return Response(status=204)
