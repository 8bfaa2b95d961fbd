from django.apps import AppConfig


class ZeroDBConfig(AppConfig):
    name = "zerovoice.zerodb"
    verbose_name = "ZeroDB"

    def ready(self) -> None:
        from zerovoice.api import health
        from zerovoice.zerodb import health as zerodb_health

        health.register("zerodb", zerodb_health.check)
