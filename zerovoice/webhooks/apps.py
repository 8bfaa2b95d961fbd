from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "zerovoice.webhooks"
    label = "webhooks"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        from zerovoice.webhooks import checks, operations, own_events, personal

        own_events.register()
        checks.register()
        personal.register()
        operations.register()
