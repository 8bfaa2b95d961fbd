from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.carrier.http_server import FakeCarrier, serving
from zerovoice.lib.ids import new_id

if TYPE_CHECKING:
    from zerovoice.accounts.models import Organization
    from zerovoice.carrier.gateway import Gateway

TOKEN = "a-token-of-the-instance"


@pytest.fixture
def instance_account(settings: Any) -> str:
    """The instance's account, with limits that make failing quick; a breaker of its own for each test."""
    sid = "AC" + new_id().hex
    settings.TWILIO_ACCOUNT_SID = sid
    settings.TWILIO_AUTH_TOKEN = TOKEN
    settings.CARRIER_CONNECT_TIMEOUT_SECONDS = 1.0
    settings.CARRIER_READ_TIMEOUT_SECONDS = 1.0
    settings.CARRIER_BREAKER_FAILURES = 3
    settings.CARRIER_BREAKER_RESET_SECONDS = 2
    return sid


@pytest.fixture
def fake_carrier(instance_account: str, settings: Any) -> Iterator[FakeCarrier]:
    with serving() as carrier:
        settings.TWILIO_API_URL = carrier.url
        yield carrier


@pytest.fixture
def fake_gateway(fake_carrier: FakeCarrier, instance_account: str) -> "Gateway":
    from zerovoice.carrier import gateway

    return gateway.for_account_sid(instance_account)


@pytest.fixture
def make_organization(db: None) -> "Callable[..., Organization]":
    from zerovoice.accounts.models import Organization

    def make(name: str = "Acme") -> Organization:
        return Organization.objects.create(name=name, slug=f"acme-{new_id().hex[-12:]}")

    return make


@pytest.fixture
def organization_id(make_organization: "Callable[..., Organization]") -> UUID:
    return make_organization().id
