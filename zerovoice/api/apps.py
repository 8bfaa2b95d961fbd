from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "zerovoice.api"
    verbose_name = "API"

    def ready(self) -> None:
        from zerovoice.api import health

        health.register("database", health.check_database)
