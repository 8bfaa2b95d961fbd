"""What every part of the gateway stands on: the account's SDK client, and how the SDK's answers are read.

Only the `gateway…` modules hold the SDK. Each part (calls, recordings, numbers, …) is a class of its own; `Gateway` is
all of them together.
"""

from collections.abc import Iterator
from typing import Any

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from zerovoice.carrier import parsing
from zerovoice.carrier.errors import Ambiguous, RefusalMeaning, Refused, Unavailable
from zerovoice.carrier.http import GatewayHttpClient


class AccountClient:
    """The account that a part of the gateway speaks for."""

    account_sid: str
    _client: Client
    _http: GatewayHttpClient


def listed(resource: Any, **options: Any) -> Iterator[Any]:
    """Every record of a list, page by page as needed."""
    try:
        yield from resource.stream(**options)
    except TwilioException as error:
        raise Unavailable("The carrier's answer is no list") from error


def known(instance: Any) -> Any:
    """A record of the carrier's; one without a SID is no answer to anything."""
    if not instance.sid:
        raise Ambiguous("The carrier's answer has no SID")
    return instance


def gone_is_done(delete: Any) -> None:
    try:
        delete()
    except Refused as error:
        if error.meaning != RefusalMeaning.NOT_FOUND:
            raise


def seconds(value: Any) -> int | None:
    """The carrier's durations come as text; -1 means that there is none yet."""
    number = parsing.whole_number(None if value is None else str(value))
    return None if number is None or number < 0 else number
