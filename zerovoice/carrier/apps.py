from django.apps import AppConfig
from django.conf import settings


class CarrierConfig(AppConfig):
    name = "zerovoice.carrier"
    verbose_name = "Carrier"

    def ready(self) -> None:
        from zerovoice.api import health
        from zerovoice.carrier import checks, operations, personal, tasks, work  # noqa: F401
        from zerovoice.carrier import health as carrier_health
        from zerovoice.carrier.models import Command, Receipt

        work.register(Receipt, tasks.process_receipt, keep_days=settings.CARRIER_KEEP_DAYS)
        work.register(Command, tasks.execute_command, keep_days=settings.CARRIER_KEEP_DAYS)
        personal.register()
        operations.register()
        health.register("twilio", carrier_health.check)
