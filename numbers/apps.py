from django.apps import AppConfig


class NumbersConfig(AppConfig):
    name = "numbers"

    def ready(self) -> None:
        from numbers import carrier_work, usage

        carrier_work.register()
        usage.register()
