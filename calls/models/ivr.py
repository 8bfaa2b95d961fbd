from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.db import models

from calls import ivr
from calls.models.fields import route
from zerovoice.accounts.models import TenantModel, TenantQuerySet


class IvrMenuQuerySet(TenantQuerySet["IvrMenu"]):
    def leading_to(self, kind: str, target: str) -> IvrMenuQuerySet:
        """Menus of which an option or the fallback leads to this target."""
        there = {"type": kind, "target_id": target}
        return self.filter(models.Q(options__contains=[{"route": there}]) | models.Q(fallback_route__contains=there))


class IvrMenu(TenantModel):
    """What a caller is asked, and where each answer leads. Its rules are in `calls/ivr.py`."""

    class Input(models.TextChoices):
        DTMF = "dtmf", "Keys"
        SPEECH = "speech", "Speech"
        BOTH = "dtmf speech", "Keys and speech"

    name = models.CharField(max_length=64)
    greeting = models.CharField(max_length=1000, blank=True, help_text="Spoken, unless there is a prompt")
    prompt = models.ForeignKey("calls.Prompt", models.PROTECT, null=True, blank=True, related_name="+")
    language = models.CharField(max_length=16, default="en-US", help_text="In which speech is spoken and understood")
    input = models.CharField(max_length=11, choices=Input, default=Input.DTMF)
    options: models.JSONField[Any, Any] = models.JSONField(
        default=list, blank=True, help_text='[{"digits": "1", "phrases": ["sales"], "route": {"type", "target_id"}}]'
    )
    timeout_seconds = models.PositiveSmallIntegerField(default=5, help_text="For the caller to begin")
    no_input_retries = models.PositiveSmallIntegerField(default=2)
    invalid_retries = models.PositiveSmallIntegerField(default=2)
    no_input_text = models.CharField(max_length=500, blank=True)
    invalid_text = models.CharField(max_length=500, blank=True)
    fallback_route = route("Where callers go who are out of retries; empty: to the default queue")

    objects: ClassVar = IvrMenuQuerySet.as_manager()

    class Meta:
        verbose_name = "IVR menu"
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="calls_menu_name")]

    def __str__(self) -> str:
        return self.name

    def routes(self) -> Iterator[tuple[str, ivr.Route]]:
        """All that lead away from here, each with the field where it stands: `options.0.route`."""
        yield from ((f"options.{at}.route", option["route"]) for at, option in enumerate(self.options))
        yield "fallback_route", self.fallback_route

    def following(self) -> list[str]:
        """The ids of the menus that it leads to."""
        return [route["target_id"] for _, route in self.routes() if route.get("type") == "ivr"]

    def as_menu(self) -> ivr.Menu:
        options = tuple(
            ivr.Option(option.get("digits", ""), tuple(option.get("phrases", ())), option["route"])
            for option in self.options
        )
        return ivr.Menu(
            options, self.no_input_retries, self.invalid_retries, self.fallback_route, speech="speech" in self.input
        )
