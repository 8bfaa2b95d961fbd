from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "calls"

    def ready(self) -> None:
        from calls import carrier_work, events, personal, tasks, usage, webhooks
        from calls.actions import queues, routes
        from calls.models import Call, Recording, TranscriptStep, VectorRemoval
        from numbers import registry as numbers
        from zerovoice.accounts import registry
        from zerovoice.carrier import receipts, work

        carrier_work.register()
        webhooks.register()
        events.register()
        usage.register()
        work.register(Recording, tasks.fetch_recording)
        work.register(TranscriptStep, tasks.work_on_transcript)
        work.register(VectorRemoval, tasks.forget_vectors, keep_days=1)
        registry.on_organization_created(queues.make_default_queue)
        routes.register()
        personal.register()
        personal.register_retention()
        receipts.register_erased(personal.is_erased)
        numbers.register_use(lambda number: Call.objects.live().filter(own_number=number).exists())
