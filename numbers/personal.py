"""An organisation's numbers are nobody's personal data. See zerovoice/lib/personal.py."""

from zerovoice.lib import personal

_OURS = "the organisation's own numbers"


def register() -> None:
    personal.free("numbers.PhoneNumber", "number", "sid", "account_sid", "friendly_name", "country", "failure_reason",
                  "routing", because=_OURS)  # fmt: skip
    personal.free("numbers.Drift", "account_sid", "number", "sid", "fields", because=_OURS)
