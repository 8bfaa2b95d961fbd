from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "zerovoice.api"
    verbose_name = "API"

    def ready(self) -> None:
        from zerovoice.api import health, personal

        health.register("database", health.check_database)
        personal.register()
