"""The one place that talks to the carrier.

Every method takes and returns values of ours and raises errors of ours (`errors.py`); the SDK's do not leave the
`gateway…` modules. A gateway belongs to one account: its client, its breaker, its connections.
"""

import uuid
from dataclasses import dataclass, field
from functools import lru_cache

from django.conf import settings
from twilio.rest import Client

from zerovoice.carrier import breaker
from zerovoice.carrier.errors import NotConfigured, Refused
from zerovoice.carrier.gateway_calls import Calls
from zerovoice.carrier.gateway_messages import Messages
from zerovoice.carrier.gateway_numbers import Numbers
from zerovoice.carrier.gateway_recordings import Recordings
from zerovoice.carrier.http import GatewayHttpClient
from zerovoice.carrier.models import CarrierAccount


@dataclass(frozen=True)
class Credentials:
    """An account's, and how to reach it. The API key is preferred for REST; the token signs webhooks."""

    account_sid: str
    auth_token: str = field(repr=False)
    api_key_sid: str = ""
    api_key_secret: str = field(default="", repr=False)


class Gateway(Calls, Recordings, Messages, Numbers):
    """One carrier account."""

    def __init__(self, credentials: Credentials, http_client: GatewayHttpClient) -> None:
        self.account_sid = credentials.account_sid
        self._http = http_client
        with_key = bool(credentials.api_key_sid and credentials.api_key_secret)
        self._client = _client(
            credentials.account_sid,
            credentials.api_key_sid if with_key else credentials.account_sid,
            credentials.api_key_secret if with_key else credentials.auth_token,
            http_client,
        )
        # A standard API key may not read the account itself (20003); the token may.
        self._owner = _client(credentials.account_sid, credentials.account_sid, credentials.auth_token, http_client)

    def check(self) -> None:
        """Raises Unavailable when a request now would be refused by the breaker. Asks the carrier nothing."""
        self._http.check()

    def ping(self) -> None:
        """Reads the account with its own credentials. Raises Refused when it is suspended or closed."""
        account = self._owner.api.v2010.accounts(self.account_sid).fetch()
        if account.status != "active":
            raise Refused(20005, f"the account is {account.status}")


def for_organization(organization_id: uuid.UUID) -> Gateway:
    """The gateway of the organisation's own account, else of the instance's. Raises NotConfigured."""
    return _gateway(credentials_of(organization_id))


def credentials_of(organization_id: uuid.UUID) -> Credentials:
    """Those of the organisation's own account, else of the instance's. Raises NotConfigured."""
    account = CarrierAccount.objects.filter(organization_id=organization_id, active=True).first()
    return _own(account) if account else _instance_credentials()


def for_account_sid(account_sid: str) -> Gateway:
    """The gateway of an account that we know. Raises NotConfigured."""
    if account_sid and account_sid == settings.TWILIO_ACCOUNT_SID:
        return _gateway(_instance_credentials())
    account = CarrierAccount.objects.filter(account_sid=account_sid, active=True).first()
    if account is None:
        raise NotConfigured("No such carrier account is configured")
    return _gateway(_own(account))


def serves(account_sid: str, organization_id: uuid.UUID) -> bool:
    """Whether this organisation's calls run over this account.

    A valid signature only proves which account speaks. An organisation that brings its own account holds its token
    and could sign callbacks about another organisation's calls; so whoever acts on one asks this first.
    """
    own = CarrierAccount.objects.filter(organization_id=organization_id, active=True).values_list("account_sid").first()
    return account_sid == (own[0] if own else settings.TWILIO_ACCOUNT_SID)


def _own(account: CarrierAccount) -> Credentials:
    return Credentials(account.account_sid, account.auth_token, account.api_key_sid, account.api_key_secret)


def _instance_credentials() -> Credentials:
    if not settings.TWILIO_ACCOUNT_SID:
        raise NotConfigured("No carrier account is configured")
    return Credentials(
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKEN,
        settings.TWILIO_API_KEY_SID,
        settings.TWILIO_API_KEY_SECRET,
    )


def _gateway(credentials: Credentials) -> Gateway:
    return _cached_gateway(
        credentials,
        breaker.for_account(credentials.account_sid),
        settings.TWILIO_API_URL,
        settings.CARRIER_CONNECT_TIMEOUT_SECONDS,
        settings.CARRIER_READ_TIMEOUT_SECONDS,
    )


@lru_cache(maxsize=256)
def _cached_gateway(
    credentials: Credentials, guard: breaker.Breaker, base_url: str, connect_timeout: float, read_timeout: float
) -> Gateway:
    """Kept, because it holds open connections; new credentials or settings make a new one."""
    http_client = GatewayHttpClient(
        breaker=guard, base_url=base_url, connect_timeout=connect_timeout, read_timeout=read_timeout
    )
    return Gateway(credentials, http_client)


def _client(account_sid: str, username: str, password: str, http_client: GatewayHttpClient) -> Client:
    return Client(
        username,
        password,
        account_sid,
        region=settings.TWILIO_REGION or None,
        edge=settings.TWILIO_EDGE or None,
        http_client=http_client,
    )
