from __future__ import annotations

import re

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from zerovoice.api import pagination
from zerovoice.api.errors import BadRequest, NotFound, Unprocessable
from zerovoice.api.idempotency import idempotent
from zerovoice.api.viewsets import ApiView, ListMixin, TenantViewSet
from zerovoice.lib.encryption import UnreadableSecret
from zerovoice.webhooks import actions, catalogue, messages
from zerovoice.webhooks.filters import DeliveryFilterSet
from zerovoice.webhooks.models import CallbackSecret, Delivery, Endpoint, Event
from zerovoice.webhooks.serializers import (
    DeliveryDetailSerializer,
    DeliverySerializer,
    EndpointSerializer,
    EndpointWithSecretSerializer,
    EndpointWriteSerializer,
    EventPageSerializer,
    EventTypePageSerializer,
    ReplaySerializer,
    ReplayWriteSerializer,
    RotationSerializer,
    SecretSerializer,
)

MOST_EVENTS = 500
_NUMBER = re.compile(r"[0-9]{1,18}")
_DELIVERY = OpenApiParameter("delivery_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="One of its log")


@extend_schema(tags=["Webhooks"])
class EndpointViewSet(ListMixin, RetrieveModelMixin, TenantViewSet):
    """Where the organisation's systems are told what happens."""

    scope = "settings"
    queryset = Endpoint.objects.kept().defer("secret", "previous_secret")
    lookup_url_kwarg = "endpoint_id"
    serializer_class = EndpointSerializer
    write_serializers = {
        "create": EndpointWriteSerializer,
        "partial_update": EndpointWriteSerializer,
        "rotate_secret": RotationSerializer,
        "replay": ReplayWriteSerializer,
    }
    lists = {"deliveries": DeliverySerializer, "replays": ReplaySerializer}
    filtersets = {"deliveries": DeliveryFilterSet}
    operation_ids = {
        "rotate_secret": "rotate_webhook_secret",
        "test": "test_webhook_endpoint",
        "replay": "replay_webhook_events",
        "replays": "list_webhook_replays",
        "deliveries": "list_webhook_deliveries",
        "delivery": "get_webhook_delivery",
        "replay_delivery": "replay_webhook_delivery",
    }

    @extend_schema(responses={201: EndpointWithSecretSerializer})
    def create(self, request: Request) -> Response:
        """Add an endpoint. Its secret is shown in this answer, and not again."""
        endpoint = actions.create_endpoint(
            organization_id=self.principal.organization_id, principal=self.principal, **self.validated()
        )
        return self.answer(endpoint, status=201, serializer_class=EndpointWithSecretSerializer)

    def partial_update(self, request: Request, endpoint_id: str) -> Response:
        """Change its URL, its types, or switch it on or off."""
        endpoint = actions.change_endpoint(endpoint=self.get_object(), principal=self.principal, **self.validated())
        return self.answer(endpoint)

    def destroy(self, request: Request, endpoint_id: str) -> Response:
        """Delete it. What waits to be sent there is not sent."""
        actions.delete_endpoint(endpoint=self.get_object(), principal=self.principal)
        return Response(status=204)

    @extend_schema(responses={200: SecretSerializer})
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, endpoint_id: str) -> Response:
        """Give it a new secret. For the overlap, messages bear a signature of each of the two."""
        endpoint = self.get_object()
        actions.rotate_secret(signer=endpoint, principal=self.principal, **self.validated())
        return self.answer(endpoint, serializer_class=SecretSerializer)

    @extend_schema(request=None, responses={202: EndpointSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def test(self, request: Request, endpoint_id: str) -> Response:
        """Send it an event `endpoint.test`. What became of it is in its deliveries."""
        endpoint = self.get_object()
        actions.send_test(endpoint=endpoint, principal=self.principal)
        return self.answer(endpoint, status=202)

    @extend_schema(responses={202: ReplaySerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def replay(self, request: Request, endpoint_id: str) -> Response:
        """Send the events of a time again, or for the first time.

        Those of its types that were not delivered, because it failed, was disabled or did not exist yet.
        """
        made = actions.replay(endpoint=self.get_object(), principal=self.principal, **self.validated())
        return self.answer(made, status=202, serializer_class=ReplaySerializer)

    @action(detail=True)
    def replays(self, request: Request, endpoint_id: str) -> Response:
        """What was replayed, and how far that is."""
        return self.answer_list(self.get_object().replays.order_by("-id"))

    @action(detail=True)
    def deliveries(self, request: Request, endpoint_id: str) -> Response:
        """What was sent there, or is to be, the newest first."""
        return self.answer_list(_deliveries(self.get_object().deliveries.all()))

    @extend_schema(parameters=[_DELIVERY], responses=DeliveryDetailSerializer)
    @action(detail=True, url_path="deliveries/(?P<delivery_id>[^/.]+)", url_name="delivery")
    def delivery(self, request: Request, endpoint_id: str, delivery_id: str) -> Response:
        """A delivery with what was sent and each attempt."""
        return self.answer(self._delivery(delivery_id), serializer_class=DeliveryDetailSerializer)

    @extend_schema(parameters=[_DELIVERY], request=None, responses={202: DeliveryDetailSerializer})
    @action(
        detail=True,
        methods=["post"],
        url_path="deliveries/(?P<delivery_id>[^/.]+)/replay",
        url_name="delivery-replay",
    )
    @idempotent
    def replay_delivery(self, request: Request, endpoint_id: str, delivery_id: str) -> Response:
        """Send it again: the same id, the same body."""
        return _send_again(self, self._delivery(delivery_id))

    def _delivery(self, delivery_id: str) -> Delivery:
        deliveries = self.get_object().deliveries.select_related("endpoint")
        found = deliveries.defer("endpoint__secret", "endpoint__previous_secret").filter(pk=delivery_id).first()
        if found is None:
            raise NotFound()
        return found


@extend_schema(tags=["Webhooks"])
class CallbackDeliveryViewSet(ListMixin, TenantViewSet):
    """What was told to the `status_callback_url` of single requests."""

    scope = "settings"
    queryset = Delivery.objects.filter(endpoint=None).order_by("-created_at", "-id")
    lookup_url_kwarg = "delivery_id"
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilterSet
    operation_ids = {"list": "list_callback_deliveries", "replay": "replay_callback_delivery"}

    def narrow(self, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        return _deliveries(queryset) if self.action_name == "list" else queryset

    @extend_schema(responses=DeliveryDetailSerializer)
    def retrieve(self, request: Request, delivery_id: str) -> Response:
        """A delivery with what was sent and each attempt."""
        return self.answer(self.get_object(), serializer_class=DeliveryDetailSerializer)

    @extend_schema(request=None, responses={202: DeliveryDetailSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def replay(self, request: Request, delivery_id: str) -> Response:
        """Send it again: the same id, the same body."""
        return _send_again(self, self.get_object())


def _deliveries(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return rows.defer("body", "log").order_by("-created_at", "-id")


def _send_again(view: TenantViewSet, delivery: Delivery) -> Response:
    if not delivery.body:
        raise Unprocessable("What was sent is no longer kept")
    if delivery.endpoint and not delivery.endpoint.enabled:
        raise Unprocessable("The endpoint is disabled")
    if not actions.send_again(deliveries=[delivery], principal=view.principal):
        raise Unprocessable("It is about to be sent already")
    delivery.refresh_from_db()
    return view.answer(delivery, status=202, serializer_class=DeliveryDetailSerializer)


class CallbackSecretView(ApiView):
    """The secret that signs what goes to a `status_callback_url`."""

    scope = "settings"
    scopes = {"get": "settings:write"}  # whoever reads it can pretend to be us

    @extend_schema(operation_id="get_callback_secret", responses=SecretSerializer, tags=["Webhooks"])
    def get(self, request: Request) -> Response:
        """The secret that signs status callbacks. It is made when it is first asked for or needed."""
        try:
            return _shown(actions.callback_secret(self.principal.organization_id))
        except UnreadableSecret as error:
            raise Unprocessable("The secret cannot be read any more; rotate it") from error


class CallbackSecretRotationView(ApiView):
    scope = "settings"

    @extend_schema(
        operation_id="rotate_callback_secret",
        request=RotationSerializer,
        responses=SecretSerializer,
        tags=["Webhooks"],
    )
    def post(self, request: Request) -> Response:
        """Replace the secret that signs status callbacks."""
        serializer = RotationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        signer = CallbackSecret.objects.defer("secret", "previous_secret").filter(
            organization_id=self.principal.organization_id
        )
        found = signer.first() or actions.callback_secret(self.principal.organization_id)
        actions.rotate_secret(signer=found, principal=self.principal, **serializer.validated_data)
        return _shown(found)


def _shown(signer: CallbackSecret) -> Response:
    return Response(SecretSerializer(signer).data)


class EventTypesView(ApiView):
    scope = "settings"

    @extend_schema(
        operation_id="list_webhook_event_types",
        responses=EventTypePageSerializer,
        tags=["Webhooks"],
    )
    def get(self, request: Request) -> Response:
        """The kinds of events there are, each with an example of its data."""
        kinds = catalogue.every()
        page = {"count": len(kinds), "next": None, "previous": None, "results": kinds}
        return Response(EventTypePageSerializer(page).data)


class EventsView(ApiView):
    scope = "settings"
    query_parameters = {"get": ("after", "types", "limit")}  # described below

    @extend_schema(
        operation_id="list_events",
        responses=EventPageSerializer,
        tags=["Events"],
        parameters=[
            OpenApiParameter(
                "after",
                {"type": "integer", "minimum": 0, "maximum": 10**18 - 1, "default": 0},
                description="The position of the last event you have; 0: from the oldest that is kept.",
            ),
            OpenApiParameter(
                "types",
                {"type": "string", "minLength": 1, "pattern": r"^(\*|[a-z]+\.(\*|[a-z_]+))$", "examples": ["call.*"]},
                description="Only these kinds, separated by commas: `call.completed,voicemail.*`.",
            ),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MOST_EVENTS, "default": 100},
                description="How many at most.",
            ),
        ],
    )
    def get(self, request: Request) -> Response:
        """What happened, in the order in which it became known, after a position that you have read.

        Nothing is ever put in before what was read. Come back with the answer's `after`.
        """
        after = _whole(request, "after", default=0, least=0, most=10**18 - 1)
        limit = _whole(request, "limit", default=100, least=1, most=MOST_EVENTS)
        events = Event.objects.filter(organization_id=self.principal.organization_id, position__gt=after)
        if types := _types(request):
            events = events.filter(kind__in=types)
        rows = list(events.order_by("position")[: limit + 1])
        page, more = rows[:limit], len(rows) > limit
        count = events.order_by()[: pagination.COUNTED_MATCHES + 1].count() if more else len(page)
        cursor = page[-1].position if page else after
        answer = {
            "count": min(count, pagination.COUNTED_MATCHES),
            "count_exact": count <= pagination.COUNTED_MATCHES,
            "next": replace_query_param(request.build_absolute_uri(), "after", cursor) if more else None,
            "previous": None,
            "after": cursor,
            "results": [messages.told(event) for event in page],
        }
        return Response(answer)


def _whole(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    number = int(text) if _NUMBER.fullmatch(text) else -1
    if not least <= number <= most:
        raise BadRequest(f"Must be a whole number from {least} to {most}", name)
    return number


def _types(request: Request) -> set[str]:
    """The kinds that are asked for; none: all."""
    text = request.query_params.get("types")
    if text is None:
        return set()
    patterns = text.split(",")
    if unknown := [pattern for pattern in patterns if not catalogue.is_known(pattern)]:
        raise BadRequest(f"No kind of event is called {unknown[0]}", "types")
    return set() if "*" in patterns else catalogue.matching(patterns)
