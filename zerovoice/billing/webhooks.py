"""What Stripe tells us: verified, kept, answered; a worker acts."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from zerovoice.api.errors import Forbidden, MethodNotAllowed, json_error
from zerovoice.billing import client, invoicing

log = structlog.get_logger(__name__)


@csrf_exempt  # authenticated by its signature
def stripe(request: HttpRequest) -> HttpResponse:
    """204 once it is stored, whatever becomes of Redis."""
    if request.method != "POST":
        return json_error(MethodNotAllowed("Webhooks are POST requests"))
    try:
        event = client.verify(request.body, request.headers.get("Stripe-Signature", ""))
    except client.BadSignature as error:
        log.warning("webhook_refused", path=request.path, why=str(error))
        return json_error(Forbidden("The signature is missing or wrong"))
    invoicing.note_event(event)
    return HttpResponse(status=204)
