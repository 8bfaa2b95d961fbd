from django.apps import AppConfig


class SpeechConfig(AppConfig):
    name = "zerovoice.speech"
    verbose_name = "Speech"

    def ready(self) -> None:
        from zerovoice.speech import checks  # noqa: F401
