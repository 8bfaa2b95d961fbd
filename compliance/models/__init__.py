from .lists import CarrierBlock, Channel, Decision, DncEntry, QuietHourRule, Reason
from .privacy import LegalHold, PrivacyRequest, Removal, RetentionRun
from .settings import Settings, every_channel

__all__ = [
    "CarrierBlock",
    "Channel",
    "Decision",
    "DncEntry",
    "LegalHold",
    "PrivacyRequest",
    "QuietHourRule",
    "Reason",
    "Removal",
    "RetentionRun",
    "Settings",
    "every_channel",
]
