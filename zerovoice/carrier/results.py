"""What the gateway answers: plain values of ours, with our words and aware datetimes."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CarrierCall:
    """One leg, as the carrier sees it. `started_at` is the answer of an outbound leg, the arrival of an inbound one."""

    sid: str
    status: str
    to: str
    from_: str
    direction: str
    created_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    duration_seconds: int | None
    parent_sid: str
    answered_by: str


@dataclass(frozen=True)
class CarrierRecording:
    sid: str
    call_sid: str
    status: str
    channels: int
    started_at: datetime | None
    duration_seconds: int | None


@dataclass(frozen=True)
class NumberAddresses:
    """Whom the carrier asks and tells about a number. Empty: nobody, or unchanged where it is sent."""

    voice_url: str = ""
    voice_fallback_url: str = ""
    status_callback: str = ""
    sms_url: str = ""
    sms_fallback_url: str = ""


@dataclass(frozen=True)
class CarrierNumber:
    """A number on the account. `number_type` is local, toll_free, mobile, or empty where the carrier does not say."""

    sid: str
    phone_number: str
    friendly_name: str
    number_type: str
    voice: bool
    sms: bool
    mms: bool
    addresses: NumberAddresses


@dataclass(frozen=True)
class AvailableNumber:
    """A number for sale. `address_requirements`: none, any, local or foreign."""

    phone_number: str
    number_type: str
    country: str
    region: str
    locality: str
    voice: bool
    sms: bool
    mms: bool
    address_requirements: str


@dataclass(frozen=True)
class CarrierMessage:
    sid: str
    status: str
    to: str
    from_: str
    body: str
    created_at: datetime | None
    error_code: int | None
