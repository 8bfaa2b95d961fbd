from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls.actions import queues
from calls.models import Queue
from calls.serializers.queue import QueueSerializer, WriteQueueSerializer
from zerovoice.api.viewsets import ListMixin, TenantViewSet


@extend_schema(tags=["Queues"])
class QueueViewSet(ListMixin, TenantViewSet):
    """Where callers wait for an agent."""

    scope = "calls"
    write_scope = "settings"
    queryset = Queue.objects.all()
    lookup_url_kwarg = "queue_id"
    serializer_class = QueueSerializer
    write_serializers = {"create": WriteQueueSerializer, "partial_update": WriteQueueSerializer}
    errors = {"create": (422,), "partial_update": (422,), "destroy": (422,)}

    def retrieve(self, request: Request, queue_id: str) -> Response:
        """A queue."""
        return self.answer(self.get_object())

    def create(self, request: Request) -> Response:
        """Make a queue. With `is_default`, it takes the place of the present default queue."""
        return self.answer(queues.save_queue(principal=self.principal, **self.validated()), status=201)

    def partial_update(self, request: Request, queue_id: str) -> Response:
        """Change what is sent."""
        return self.answer(queues.save_queue(principal=self.principal, queue=self.get_object(), **self.validated()))

    def destroy(self, request: Request, queue_id: str) -> Response:
        """Remove a queue that never had a call."""
        queues.delete_queue(principal=self.principal, queue=self.get_object())
        return Response(status=204)
