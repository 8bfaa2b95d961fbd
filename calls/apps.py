from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "calls"

    def ready(self) -> None:
        from calls import carrier_work, tasks, webhooks
        from calls.actions import agents, queues
        from calls.models import Call, Recording
        from numbers import registry as numbers
        from zerovoice.accounts import registry
        from zerovoice.carrier import work

        carrier_work.register()
        webhooks.register()
        work.register(Recording, tasks.fetch_recording)
        registry.on_organization_created(queues.make_default_queue)
        numbers.register_target("queue", exists=queues.exists)
        numbers.register_target("agent", exists=agents.exists)
        numbers.register_use(lambda number: Call.objects.live().filter(own_number=number).exists())
