"""Work about people's data. Tasks take ids and may run twice; what they look for is in rows."""

from celery import shared_task

from compliance import privacy, removals, retention


@shared_task
def work_on_request(request_id: str) -> None:
    privacy.work_on(request_id)


@shared_task
def remove(removal_id: str) -> None:
    removals.carry_out(removal_id)


@shared_task
def begin_retention_runs() -> None:
    retention.begin_runs()


@shared_task
def work_on_retention_run(run_id: str) -> None:
    retention.work_on(run_id)
