from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "compliance"

    def ready(self) -> None:
        from compliance import events, holds, operations, personal, tasks, transfers
        from compliance.models import PrivacyRequest, Removal, RetentionRun
        from zerovoice.carrier import work
        from zerovoice.lib import personal as people

        transfers.register()
        events.register()
        personal.register()
        operations.register()
        people.register_hold(holds.kept_contacts)
        work.register(PrivacyRequest, tasks.work_on_request)
        work.register(Removal, tasks.remove)
        work.register(RetentionRun, tasks.work_on_retention_run)
