from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "zerovoice.billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        from zerovoice.accounts import registry
        from zerovoice.api import health
        from zerovoice.billing import checks, operations, personal, tasks  # noqa: F401 - the checks register themselves
        from zerovoice.billing import health as billing_health
        from zerovoice.billing.accounts import open_account
        from zerovoice.billing.models import Invoice, StripeEvent
        from zerovoice.carrier import work

        personal.register()
        operations.register()
        health.register("stripe", billing_health.check)
        registry.on_organization_created(open_account)
        work.register(Invoice, tasks.carry_out_invoice)
        work.register(StripeEvent, tasks.process_event, keep_days=30)
