"""Card of the operators' page: deliveries that were given up."""

from django.db.models import Q

from zerovoice.backoffice import operations
from zerovoice.backoffice.operations import Card
from zerovoice.webhooks.models import Delivery


def register() -> None:
    operations.register("webhooks", "Webhook deliveries", failed)


def failed() -> Card:
    rows = Delivery.objects.filter(
        ~Q(state=Delivery.State.DELIVERED), state=Delivery.State.FAILED
    )  # as the index has it
    lines = operations.failures_by_organization(
        "Deliveries", rows, "admin:webhooks_delivery_changelist", state="failed"
    )
    bad = any(line.tone != "good" for line in lines)
    return Card("Given up after a day of attempts; they can be sent again." if bad else "None was given up.", lines)
