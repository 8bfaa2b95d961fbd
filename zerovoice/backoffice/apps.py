from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class BackofficeConfig(AppConfig):
    name = "zerovoice.backoffice"

    def ready(self) -> None:
        from zerovoice.backoffice import machine

        machine.register()


class SiteConfig(admin_apps.AdminConfig):
    """Django's admin, with our site as the default one."""

    default_site = "zerovoice.backoffice.sites.Site"
    default = False
