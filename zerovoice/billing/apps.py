from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "zerovoice.billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        from zerovoice.api import health
        from zerovoice.billing import health as billing_health

        health.register("stripe", billing_health.check)
