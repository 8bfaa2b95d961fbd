from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import personal, tasks, webhooks
        from messaging.models import MessageMedia
        from zerovoice.carrier import receipts, work

        webhooks.register()
        personal.register()
        personal.register_retention()
        receipts.register_erased(personal.is_erased)
        work.register(MessageMedia, tasks.fetch_media)
