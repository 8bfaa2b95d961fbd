"""Twilio's refusals: code → HTTP status and wording.

Source: https://www.twilio.com/docs/api/errors and answers of the live API. `TwilioError` is a REST refusal,
`InstructionError` a failure while fetching or executing TwiML (Twilio's debugger shows those; the simulator keeps them
on the call, `GET /_sim/calls/{sid}` → `errors`).
"""

MESSAGES: dict[int, tuple[int, str]] = {
    16028: (400, "Participant to be whispered is not present in the conference: {}"),
    20001: (400, "Unknown parameters in request: {}"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource {} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url is not a valid URL: {}"),
    21206: (400, "SendDigits is not valid: {}"),
    21208: (400, "Timeout is not valid: {}"),
    21209: (400, "Method is not valid: {}"),
    21210: (
        400,
        (
            "The source phone number provided, {}, is not yet verified for your account. "
            "You may only make calls from phone numbers that you've verified or purchased from Twilio."
        ),
    ),
    21211: (400, "Invalid 'To' Phone Number: {}"),
    21212: (400, "The source phone number provided, {}, is not a valid phone number"),
    21213: (400, "No 'From' number is specified"),
    21214: (400, "The phone number you are attempting to call, {}, cannot be reached"),
    21215: (
        400,
        (
            "Account not authorized to call {}. Perhaps you need to enable some international permissions: "
            "https://www.twilio.com/console/voice/calls/geo-permissions/low-risk"
        ),
    ),
    21216: (400, "The phone number {} is blocked: your account is not allowed to call it"),
    21217: (400, "The phone number you are attempting to call, {}, is not valid."),
    21218: (400, "Invalid ApplicationSid: {}"),
    21220: (400, "Call is not in-progress. Cannot redirect."),
    21221: (400, "Invalid call update: {}"),
    21402: (400, "Invalid Url: {}"),
    21404: (400, "You can only buy numbers that are available"),
    21421: (400, "PhoneNumber is invalid: {}"),
    21422: (400, "{} is not available."),
    21451: (400, "Invalid AreaCode: {}"),
    21452: (400, "No phone numbers found in area code {}"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number provided ({}) is not a valid message-capable Twilio phone number."),
    21608: (
        400,
        (
            "The number {} is unverified. Trial accounts cannot send messages to unverified numbers; "
            "verify it, or purchase a Twilio number to send messages to unverified numbers"
        ),
    ),
    21609: (400, "The 'StatusCallback' URL {} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient {}"),
    21611: (429, "This 'From' number {} has exceeded the maximum number of queued messages"),
    21612: (
        400,
        (
            "The message cannot be sent: message From/To pair violates a blacklist rule or the 'To' phone number {} "
            "is not currently reachable via SMS"
        ),
    ),
    21614: (400, "'To' number is not a valid mobile number: {}"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21620: (400, "Invalid media URL(s): {}"),
    21408: (403, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {}."),
    21631: (400, "Phone Number {} Requires an Address but the 'AddressSid' parameter was empty."),
    21649: (400, "Phone Number {} requires a Bundle but the 'BundleSid' parameter was empty."),
    21623: (400, "Number of media files exceeds allowed limit"),
    22102: (400, "Invalid 'Page' or 'PageSize': {}"),
}


class TwilioError(Exception):
    """A refusal as Twilio words it. `detail` fills the message's blank; `message` replaces it."""

    def __init__(self, code: int, detail: object = "", *, message: str = "") -> None:
        self.code = code
        self.status, wording = MESSAGES[code]
        self.message = message or wording.format(detail)
        super().__init__(self.message)

    def body(self) -> dict[str, object]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def not_found(path: str) -> TwilioError:
    return TwilioError(20404, path)


def invalid(name: str, value: object) -> TwilioError:
    """A value that no code of its own exists for."""
    return TwilioError(20001, message=f"Invalid value for parameter {name}: {value!r}")


class InstructionError(Exception):
    """TwiML could not be had (11200, 11205, 11237, 12300) or makes no sense (12100, 12200, 13xxx).

    `fatal` ones end the document (its fallback URL is tried); the others are warnings and the call goes on.
    """

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(f"{code}: {message}")
