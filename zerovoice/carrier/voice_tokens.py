"""Tokens with which a browser becomes a phone at the carrier. They are signed here; the carrier is not asked.

https://www.twilio.com/docs/iam/access-tokens
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from zerovoice.carrier import gateway
from zerovoice.carrier.errors import NotConfigured
from zerovoice.lib import clock

LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class VoiceToken:
    token: str = field(repr=False)
    identity: str
    expires_at: datetime


def issue(organization_id: uuid.UUID, identity: str) -> VoiceToken:
    """A token for `identity`, to be rung and, on the instance's account, to dial through TWIML_APP_SID.

    An organisation's own account has no such application with us: its browsers are rung, which is all that taking and
    placing calls over the API needs. Raises NotConfigured where an API key or the application is missing.
    """
    account = gateway.credentials_of(organization_id)
    if not (account.api_key_sid and account.api_key_secret):
        raise NotConfigured("Voice tokens are signed with an API key, and the carrier account has none")
    application = settings.TWIML_APP_SID if account.account_sid == settings.TWILIO_ACCOUNT_SID else None
    if application == "":
        raise NotConfigured("TWIML_APP_SID is not set")
    expires_at = (clock.machine_now() + LIFETIME).replace(microsecond=0)
    token = AccessToken(
        account.account_sid,
        account.api_key_sid,
        account.api_key_secret,
        grants=[VoiceGrant(incoming_allow=True, outgoing_application_sid=application)],
        identity=identity,
        valid_until=int(expires_at.timestamp()),
        region=settings.TWILIO_REGION or None,
    )
    return VoiceToken(token.to_jwt(), identity, expires_at)
