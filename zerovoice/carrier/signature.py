"""Proof that a webhook comes from the carrier.

HMAC-SHA1 by the account's auth token over the URL that the carrier called and the sorted form, checked with the SDK's
own validator (https://www.twilio.com/docs/usage/webhooks/webhooks-security). The URL is taken from PUBLIC_URL and not
from the request, whose Host and scheme a proxy may have changed or a stranger chosen. It is checked always.
"""

from functools import lru_cache

import structlog
from django.conf import settings
from django.http import HttpRequest
from twilio.request_validator import RequestValidator

from zerovoice.api.errors import Forbidden
from zerovoice.carrier.models import CarrierAccount

log = structlog.get_logger(__name__)


def verify(request: HttpRequest) -> str:
    """The SID of the account that signed this request. Raises Forbidden (403)."""
    account_sid = request.POST.get("AccountSid", "")
    token = _token(account_sid)
    signature = request.headers.get("X-Twilio-Signature", "")
    url = settings.PUBLIC_URL + request.get_full_path()
    # QueryDict keeps repeated parameters and blanks as they were sent, and so does the signature.
    if not token or not signature or not _validator(token).validate(url, request.POST, signature):
        log.warning("webhook_refused", path=request.path, account_sid=account_sid[:34], signed=bool(signature))
        raise Forbidden("The signature is missing or wrong")
    return account_sid


def _token(account_sid: str) -> str:
    if not account_sid:
        return ""
    if account_sid == settings.TWILIO_ACCOUNT_SID:
        return settings.TWILIO_AUTH_TOKEN
    account = CarrierAccount.objects.filter(account_sid=account_sid, active=True).only("auth_token").first()
    return account.auth_token if account else ""


@lru_cache(maxsize=256)
def _validator(token: str) -> RequestValidator:
    return RequestValidator(token)
