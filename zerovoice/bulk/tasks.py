from celery import shared_task

from zerovoice.bulk import jobs


@shared_task
def work_on_job(job_id: str) -> None:
    jobs.work_on(job_id)
