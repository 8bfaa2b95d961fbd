from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.webhooks.receiver import Receiver, receiving

if TYPE_CHECKING:
    from tests.people import Caller
    from zerovoice.accounts.models import Organization
    from zerovoice.webhooks.models import Endpoint


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def acme(db: None) -> Organization:
    from tests import people

    return people.organization()


@pytest.fixture
def owner(acme: Organization) -> Caller:
    from tests import people

    return people.member(acme, "owner")


@pytest.fixture
def endpoint(acme: Organization, receiver: Receiver) -> Endpoint:
    """Wants everything, at the receiver."""
    from tests.webhooks.things import endpoint_of

    return endpoint_of(acme, receiver.url)


@pytest.fixture
def quick(settings: Any) -> Callable[..., None]:
    """Pauses and time-outs that a test can wait for."""

    def change(*pauses: float, timeout: float = 1.0) -> None:
        settings.WEBHOOK_RETRY_SECONDS = list(pauses) or [0.05]
        settings.WEBHOOK_TIMEOUT_SECONDS = timeout

    change()
    return change
