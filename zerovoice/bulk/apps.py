from django.apps import AppConfig


class BulkConfig(AppConfig):
    name = "zerovoice.bulk"
    label = "bulk"
    verbose_name = "Imports and exports"

    def ready(self) -> None:
        from zerovoice.bulk import operations, personal, tasks
        from zerovoice.bulk.models import Job
        from zerovoice.carrier import work

        personal.register()
        operations.register()
        work.register(Job, tasks.work_on_job)
