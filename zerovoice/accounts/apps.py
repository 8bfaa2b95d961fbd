from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "zerovoice.accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from zerovoice.accounts import checks, openapi, personal  # noqa: F401  # each registers itself

        personal.register()
