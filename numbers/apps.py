from django.apps import AppConfig


class NumbersConfig(AppConfig):
    name = "numbers"

    def ready(self) -> None:
        from numbers import carrier_work, registry

        carrier_work.register()
        registry.register_target("hangup")
