"""Requests from the carrier: instructions (what is to happen now? answered with TwiML) and notices (this happened).

An instruction is answered in the process, without the network; asked again, it gives the same answer. A notice is
kept, answered 204, and acted upon by a worker.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from zerovoice.api.errors import ApiError, MethodNotAllowed, NotFound, json_error
from zerovoice.carrier import receipts, signature

log = structlog.get_logger(__name__)

# How the carrier is to call us: two retries, after a server error or a time-out, all within its 15 s. A fragment is
# not sent and not signed. https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
CONNECTION = "#rc=2&rt=4000&tt=14000&rp=5xx,ct,rt"

_KEY_LENGTH = 300


def public_url(name: str, /, *, query: dict[str, Any] | None = None, **kwargs: Any) -> str:
    """The absolute URL of a view, as the carrier is to be given it."""
    search = f"?{urlencode(query)}" if query else ""
    return f"{settings.PUBLIC_URL}{reverse(name, kwargs=kwargs)}{search}{CONNECTION}"


def notice_url(kind: str, ref: UUID) -> str:
    """Where the carrier is to send notices of this kind about our row `ref`."""
    return public_url("carrier:notice", kind=kind, ref=ref)


def _webhook(
    view: Callable[..., HttpResponse], on_trouble: Callable[[HttpRequest], HttpResponse] | None = None
) -> Callable[..., HttpResponse]:
    """POST, signed; the view gets the SID of the account that signed. Errors are answered as everywhere; `on_trouble`
    answers when something of ours fails, the look at the signature included: it must give nothing away."""

    @csrf_exempt  # authenticated by its signature
    @wraps(view)
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            if request.method != "POST":
                raise MethodNotAllowed("Webhooks are POST requests")
            account_sid = signature.verify(request)
            request.carrier_account_sid = account_sid  # type: ignore[attr-defined]
            return view(request, account_sid, **kwargs)
        except ApiError as error:
            return json_error(error)
        except Exception:
            if on_trouble is None:
                raise
            log.exception("instruction_failed", path=request.path)
            return on_trouble(request)

    return wrapped


def instruction(
    view: Callable[..., object], *, on_trouble: Callable[[HttpRequest], str] | None = None
) -> Callable[..., HttpResponse]:
    """A view `(request, notice, **url_kwargs) -> TwiML` for the carrier: POST, signed, answered as XML.

    `notice` is the form; `request.carrier_account_sid` the account that signed it. `on_trouble` says what the carrier
    is to do when the view, or whatever it stands on, fails.
    """

    @wraps(view)
    def answered(request: HttpRequest, account_sid: str, **kwargs: Any) -> HttpResponse:
        return _xml(str(view(request, request.POST.dict(), **kwargs)))

    return _webhook(answered, on_trouble and (lambda request: _xml(on_trouble(request))))


def _xml(document: str) -> HttpResponse:
    return HttpResponse(document, content_type="application/xml; charset=utf-8")


@_webhook
def notice(request: HttpRequest, account_sid: str, kind: str, ref: UUID) -> HttpResponse:
    """Keeps a notice of the carrier's. 204 once it is stored, whatever becomes of Redis."""
    if not receipts.known(kind):
        raise NotFound
    form = {name: value.replace("\x00", "") for name, value in request.POST.dict().items()}  # PostgreSQL keeps no NUL
    receipts.store(
        kind=kind,
        ref=ref,
        key=_key(kind, ref, form, request.headers.get("I-Twilio-Idempotency-Token", "")),
        account_sid=account_sid,
        payload=orjson.dumps(form).decode(),
    )
    return HttpResponse(status=204)


def _key(kind: str, ref: UUID, form: dict[str, str], token: str) -> str:
    """The same for every delivery of one notice, and for nothing else.

    The carrier's idempotency token where it sends one, else what the notice is about: the most particular SID, the
    leg, the sequence number, the event or status.
    """
    if token:
        key = f"{kind}:{token}"
    else:
        about = ("MessageSid", "RecordingSid", "ConferenceSid")
        sid = next((form[name] for name in about if form.get(name)), "")
        words = ("StatusCallbackEvent", "RecordingStatus", "MessageStatus", "CallStatus", "AnsweredBy")
        status = next((form[name] for name in words if form.get(name)), "")
        key = ":".join((kind, str(ref), sid, form.get("CallSid", ""), form.get("SequenceNumber", ""), status))
    return key if len(key) <= _KEY_LENGTH else hashlib.sha256(key.encode()).hexdigest()
