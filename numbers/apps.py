from django.apps import AppConfig


class NumbersConfig(AppConfig):
    name = "numbers"

    def ready(self) -> None:
        from numbers import carrier_work, events, personal, usage

        carrier_work.register()
        events.register()
        usage.register()
        personal.register()
