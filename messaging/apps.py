from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from messaging import events, tasks, usage, webhooks
        from messaging.models import MessageMedia
        from zerovoice.carrier import work

        webhooks.register()
        events.register()
        usage.register()
        work.register(MessageMedia, tasks.fetch_media)
