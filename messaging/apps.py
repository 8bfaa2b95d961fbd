from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import events, personal, tasks, usage, webhooks
        from messaging.models import MessageMedia
        from zerovoice.carrier import receipts, work

        webhooks.register()
        events.register()
        usage.register()
        personal.register()
        personal.register_retention()
        receipts.register_erased(personal.is_erased)
        work.register(MessageMedia, tasks.fetch_media)
