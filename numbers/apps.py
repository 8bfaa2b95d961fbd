from django.apps import AppConfig


class NumbersConfig(AppConfig):
    name = "numbers"

    def ready(self) -> None:
        from numbers import carrier_work, personal

        carrier_work.register()
        personal.register()
