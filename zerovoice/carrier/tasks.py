from celery import shared_task

from zerovoice.carrier import commands, receipts, work


@shared_task
def process_receipt(receipt_id: str) -> None:
    receipts.process(receipt_id)


@shared_task
def execute_command(command_id: str) -> None:
    commands.execute(command_id)


@shared_task
def sweep() -> int:
    """Tell workers again about work that is due and that nobody holds."""
    return sum(work.sweep(model) for model in work.registered())


@shared_task
def purge() -> int:
    """Delete work that was done long ago."""
    return sum(work.purge(model) for model in work.registered())
