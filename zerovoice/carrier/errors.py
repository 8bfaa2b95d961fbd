"""What can go wrong with the carrier, in our words.

Three kinds, and the difference is what the caller may do next: `Refused` is final, `Unavailable` was certainly not
processed and may be tried again, `Ambiguous` may have been processed and must not simply be repeated.

The table is data: the carrier's error code, our reason, the field of our API that it concerns, and a sentence that a
user can act on. Codes and their meaning: https://www.twilio.com/docs/api/errors
"""

from dataclasses import dataclass
from enum import StrEnum

from zerovoice.api import errors as api


class RefusalMeaning(StrEnum):
    """Our failure reasons; stored on calls and messages."""

    INVALID_NUMBER = "invalid_number"
    INVALID_CALLER_ID = "invalid_caller_id"
    DESTINATION_FORBIDDEN = "destination_forbidden"
    UNVERIFIED_NUMBER = "unverified_number"
    BLOCKED = "blocked"
    OPTED_OUT = "opted_out"
    NOT_FOUND = "not_found"
    NOT_IN_PROGRESS = "not_in_progress"
    NUMBER_UNAVAILABLE = "number_unavailable"
    PAPERS_NEEDED = "papers_needed"
    NOT_CAPABLE = "not_capable"
    UNREACHABLE = "unreachable"
    FILTERED = "filtered"
    UNREGISTERED = "unregistered"
    LIMIT_REACHED = "limit_reached"
    ACCOUNT = "carrier_account"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Refusal:
    """What one of the carrier's error codes means to us. `permanent`: trying again cannot help."""

    meaning: RefusalMeaning
    field: str
    help: str
    permanent: bool = True


_M = RefusalMeaning
_UNKNOWN = Refusal(_M.REJECTED, "", "The carrier rejected the request")

REFUSALS: dict[int, Refusal] = {
    # The account
    10001: Refusal(_M.ACCOUNT, "", "The carrier account is not active"),
    10002: Refusal(_M.ACCOUNT, "", "A trial carrier account cannot do this"),
    10004: Refusal(_M.LIMIT_REACHED, "", "The carrier account has too many calls at once", permanent=False),
    20003: Refusal(_M.ACCOUNT, "", "The carrier does not accept the account's credentials"),
    20005: Refusal(_M.ACCOUNT, "", "The carrier account is not active"),
    20008: Refusal(_M.ACCOUNT, "", "Test credentials cannot be used for this"),
    20404: Refusal(_M.NOT_FOUND, "", "The carrier does not know this"),
    20429: Refusal(_M.LIMIT_REACHED, "", "The carrier takes no more requests right now", permanent=False),
    # Calls
    13223: Refusal(_M.INVALID_NUMBER, "to_number", "This is not a number that can be called"),
    13224: Refusal(_M.INVALID_NUMBER, "to_number", "This number does not exist or cannot be called"),
    13225: Refusal(_M.BLOCKED, "to_number", "Calls to this number are blocked"),
    13227: Refusal(_M.DESTINATION_FORBIDDEN, "to_number", "Calls to this destination are not enabled"),
    21201: Refusal(_M.INVALID_NUMBER, "to_number", "A number to call is required"),
    21202: Refusal(_M.DESTINATION_FORBIDDEN, "to_number", "Calls to premium-rate numbers are not enabled"),
    21203: Refusal(_M.DESTINATION_FORBIDDEN, "to_number", "International calls are not enabled"),
    21210: Refusal(_M.INVALID_CALLER_ID, "from_number", "This number is not verified for outgoing calls"),
    21211: Refusal(_M.INVALID_NUMBER, "to_number", "This is not a valid phone number"),
    21212: Refusal(_M.INVALID_CALLER_ID, "from_number", "This is not a valid caller ID"),
    21213: Refusal(_M.INVALID_CALLER_ID, "from_number", "A caller ID is required"),
    21214: Refusal(_M.INVALID_NUMBER, "to_number", "This number cannot be reached"),
    21215: Refusal(_M.DESTINATION_FORBIDDEN, "to_number", "Calls to this destination are not enabled"),
    21216: Refusal(_M.BLOCKED, "to_number", "The account may not call this number"),
    21217: Refusal(_M.INVALID_NUMBER, "to_number", "This is not a valid phone number"),
    21219: Refusal(_M.UNVERIFIED_NUMBER, "to_number", "A trial carrier account can only call verified numbers"),
    21220: Refusal(_M.NOT_IN_PROGRESS, "", "The call is not in progress"),
    # Numbers
    21404: Refusal(_M.ACCOUNT, "", "The carrier account may not buy more numbers"),
    21421: Refusal(_M.INVALID_NUMBER, "phone_number", "This is not a valid phone number"),
    21422: Refusal(_M.NUMBER_UNAVAILABLE, "phone_number", "This number is no longer available"),
    21450: Refusal(_M.NUMBER_UNAVAILABLE, "phone_number", "This number is already in use"),
    21451: Refusal(_M.INVALID_NUMBER, "area_code", "This is not a valid area code"),
    21452: Refusal(_M.NUMBER_UNAVAILABLE, "area_code", "No number is available there"),
    21615: Refusal(_M.PAPERS_NEEDED, "address_sid", "This number can only be bought with a local address"),
    21631: Refusal(_M.PAPERS_NEEDED, "address_sid", "This number can only be bought with an address"),
    21649: Refusal(_M.PAPERS_NEEDED, "bundle_sid", "This number can only be bought with an approved regulatory bundle"),
    21651: Refusal(_M.PAPERS_NEEDED, "address_sid", "The address does not belong to the regulatory bundle"),
    # Messages
    21408: Refusal(_M.DESTINATION_FORBIDDEN, "to_number", "Messages to this destination are not enabled"),
    21602: Refusal(_M.REJECTED, "body", "A message needs a body or media"),
    21604: Refusal(_M.INVALID_NUMBER, "to_number", "A recipient is required"),
    21606: Refusal(_M.INVALID_CALLER_ID, "from_number", "This number cannot send messages"),
    21608: Refusal(_M.UNVERIFIED_NUMBER, "to_number", "A trial carrier account can only write to verified numbers"),
    21610: Refusal(_M.OPTED_OUT, "to_number", "The recipient has opted out of messages from this sender"),
    21611: Refusal(_M.LIMIT_REACHED, "from_number", "Too many messages wait for this sender", permanent=False),
    21612: Refusal(_M.UNREACHABLE, "to_number", "No message can be routed between these numbers"),
    21614: Refusal(_M.NOT_CAPABLE, "to_number", "This number cannot receive messages"),
    21617: Refusal(_M.REJECTED, "body", "The message is longer than 1600 characters"),
    21620: Refusal(_M.REJECTED, "media_urls", "A media URL is not valid"),
    30003: Refusal(_M.UNREACHABLE, "to_number", "The recipient's phone is unreachable"),
    30004: Refusal(_M.BLOCKED, "to_number", "The recipient does not accept this message"),
    30005: Refusal(_M.INVALID_NUMBER, "to_number", "The recipient's number is unknown"),
    30006: Refusal(_M.NOT_CAPABLE, "to_number", "A landline cannot receive messages"),
    30007: Refusal(_M.FILTERED, "body", "The carrier filtered the message"),
    30008: Refusal(_M.REJECTED, "", "The carrier could not deliver the message and does not say why"),
    30034: Refusal(_M.UNREGISTERED, "from_number", "The sender is not registered for A2P 10DLC"),
}


def describe(code: int | None) -> Refusal:
    """What the carrier's error `code` means; `REJECTED` for one that the table does not know."""
    return REFUSALS.get(code or 0, _UNKNOWN)


class CarrierError(Exception):
    """The carrier did not do what it was asked to do, as far as we know."""


class Refused(CarrierError):
    """The carrier understood and said no. Asking again gives the same answer."""

    def __init__(self, code: int, message: str = "", *, http_status: int = 400) -> None:
        refusal = describe(code)
        super().__init__(f"{code}: {message or refusal.help}")
        self.code = code
        self.message = message
        self.http_status = http_status
        self.meaning = refusal.meaning
        self.field = refusal.field
        self.help = refusal.help


class CallNotInProgress(Refused):
    """The call is over, or not yet answered: it cannot be redirected or recorded."""


class Unavailable(CarrierError):
    """Certainly not processed: breaker open, no connection, too many requests. `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotConfigured(Unavailable):
    """There is no carrier account for this organisation."""


class Ambiguous(CarrierError):
    """A write that may have been processed: no answer, a broken answer, or a server error."""


def api_error(error: CarrierError) -> api.ApiError:
    """The answer of our API to this error: 403 for a forbidden destination, 422 for another refusal, else 503.

    Credentials that the carrier does not accept are nothing an API user can mend: 503 as well.
    """
    if isinstance(error, Refused) and error.meaning == RefusalMeaning.DESTINATION_FORBIDDEN:
        return api.Forbidden(error.help, error.field)
    if isinstance(error, Refused) and error.meaning != RefusalMeaning.ACCOUNT:
        return api.Unprocessable(error.help, error.field)
    retry_after = error.retry_after if isinstance(error, Unavailable) else 5
    return api.Unavailable("The telephone carrier is not available", retry_after=retry_after)
