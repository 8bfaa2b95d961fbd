"""Card of the operators' page: imports and exports that failed."""

from zerovoice.backoffice import operations
from zerovoice.backoffice.operations import Card
from zerovoice.bulk.models import Job
from zerovoice.carrier.work import State


def register() -> None:
    operations.register("jobs", "Imports and exports", failed)


def failed() -> Card:
    rows = Job.objects.filter(state=State.FAILED)  # people begin them: there are few
    lines = operations.failures_by_organization("Jobs", rows, "admin:bulk_job_changelist", state="failed")
    bad = any(line.tone != "good" for line in lines)
    return Card("A failed job says why on its page, and is begun anew." if bad else "None failed.", lines)
