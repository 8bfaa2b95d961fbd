from drf_spectacular.utils import extend_schema
from rest_framework.mixins import ListModelMixin

from numbers.models import PhoneNumber
from numbers.serializers import PhoneNumberSerializer
from zerovoice.api.viewsets import TenantViewSet


@extend_schema(tags=["Phone Numbers"])
class PhoneNumberViewSet(ListModelMixin, TenantViewSet):
    """The organisation's phone numbers."""

    scope = "numbers"
    queryset = PhoneNumber.objects.active()
    lookup_url_kwarg = "number_id"
    serializer_class = PhoneNumberSerializer
