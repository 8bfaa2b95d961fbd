"""Card of the operators' page: requests about people's data that failed. The law gives them a date."""

from compliance.models import PrivacyRequest
from zerovoice.backoffice import operations
from zerovoice.backoffice.operations import Card
from zerovoice.carrier.work import State


def register() -> None:
    operations.register("privacy", "Privacy requests", failed)


def failed() -> Card:
    rows = PrivacyRequest.objects.filter(state=State.FAILED)  # people ask for them: there are few
    lines = operations.failures_by_organization(
        "Requests", rows, "admin:compliance_privacyrequest_changelist", state="failed"
    )
    bad = any(line.tone != "good" for line in lines)
    return Card("The law gives them a date: see why, and ask again." if bad else "None failed.", lines)
