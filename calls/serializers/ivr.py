from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from calls import examples, ivr
from calls.models import IvrMenu
from calls.serializers.fields import RouteField
from numbers.serializers import OptionalRoutingSerializer, RoutingSerializer
from zerovoice.api.serializers import StrictSerializer, WholeSerializer

#: The carrier takes 500 hints: https://www.twilio.com/docs/voice/twiml/gather#hints
MOST_OPTIONS = 50
MOST_PHRASES = 10
#: A language, perhaps its script, and a region, without which the carrier does not understand it: en-US, cmn-Hant-TW,
#: es-419. https://www.twilio.com/docs/api/errors/13331
_LANGUAGE = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?-([A-Z]{2}|[0-9]{3})\Z"


class MenuOptionSerializer(serializers.Serializer[Any]):
    digits = serializers.CharField(default="", help_text="Empty for an answer that can only be said")
    phrases = serializers.ListField(child=serializers.CharField(), default=list)
    route = RouteField()


@extend_schema_serializer(examples=[examples.IVR_MENU])
class IvrMenuSerializer(serializers.ModelSerializer[IvrMenu]):
    greeting = serializers.CharField(help_text="Spoken, unless there is a prompt; may be empty")
    prompt_id = serializers.UUIDField(allow_null=True)
    options = MenuOptionSerializer(many=True)
    no_input_text = serializers.CharField(help_text="Empty: our own words")
    invalid_text = serializers.CharField(help_text="Empty: our own words")
    fallback_route = RouteField(help_text="Where callers go who are out of retries; empty: to the default queue")

    class Meta:
        model = IvrMenu
        fields = (
            "id",
            "name",
            "greeting",
            "prompt_id",
            "language",
            "input",
            "options",
            "timeout_seconds",
            "no_input_retries",
            "invalid_retries",
            "no_input_text",
            "invalid_text",
            "fallback_route",
            "created_at",
        )


class WriteMenuOptionSerializer(WholeSerializer):
    digits = serializers.RegexField(
        r"^[0-9*#]{0,4}\Z",
        required=False,
        allow_blank=True,
        default="",
        trim_whitespace=False,
        error_messages={"invalid": "Must be 1 to 4 of 0 to 9, * and #"},
        help_text="The keys. When an option of the menu has several, callers end with #, which then is no key itself",
    )
    phrases = serializers.ListField(
        child=serializers.CharField(max_length=64),
        required=False,
        default=list,
        max_length=MOST_PHRASES,
        help_text="Of which one is to be said, whole words, in any case",
    )
    route = RoutingSerializer()

    def validate_phrases(self, phrases: list[str]) -> list[str]:
        if problems := {str(at): ["Must have a word"] for at, phrase in enumerate(phrases) if not ivr.words(phrase)}:
            raise serializers.ValidationError(problems)
        return phrases


@extend_schema_serializer(examples=[examples.WRITE_IVR_MENU])
class WriteIvrMenuSerializer(StrictSerializer):
    # `menu` in the context is the one to change: what is sent must fit with its other fields.

    name = serializers.CharField(max_length=64)
    greeting = serializers.CharField(
        required=False, allow_blank=True, max_length=1000, help_text="What the caller is asked; spoken"
    )
    prompt_id = serializers.UUIDField(required=False, allow_null=True, help_text="A prompt that is played instead")
    language = serializers.CharField(
        required=False,
        max_length=16,
        validators=[RegexValidator(_LANGUAGE, "Must be a language tag, such as en-US")],
        help_text="In which is spoken and understood: en-US if you do not say",
    )
    input = serializers.ChoiceField(required=False, choices=IvrMenu.Input.choices)
    options = serializers.ListField(child=WriteMenuOptionSerializer(), min_length=1, max_length=MOST_OPTIONS)
    timeout_seconds = serializers.IntegerField(required=False, min_value=1, max_value=60)
    no_input_retries = serializers.IntegerField(
        required=False, min_value=0, max_value=9, help_text="How often silence is asked again"
    )
    invalid_retries = serializers.IntegerField(
        required=False, min_value=0, max_value=9, help_text="How often a wrong answer is asked again"
    )
    no_input_text = serializers.CharField(required=False, allow_blank=True, max_length=500)
    invalid_text = serializers.CharField(required=False, allow_blank=True, max_length=500)
    fallback_route = OptionalRoutingSerializer(
        help_text="Where callers go who are out of retries; null: to the default queue"
    )

    def validate_options(self, options: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Each answer must mean one thing."""
        keys = [option["digits"] for option in options]
        several = any(len(key) > 1 for key in keys)
        said: dict[tuple[str, ...], int] = {}
        problems: dict[str, Any] = {}
        for at, (key, option) in enumerate(zip(keys, options, strict=True)):
            if key and key in keys[:at]:
                problems[str(at)] = {"digits": ["Another option has these keys"]}
            elif any(key and other and other != key and key.startswith(other) for other in keys):
                problems[str(at)] = {"digits": ["Another option's keys are the beginning of these"]}
            elif several and "#" in key:
                problems[str(at)] = {"digits": ["# ends the entry, since an option has several keys"]}
            elif any(said.setdefault(ivr.words(phrase), at) != at for phrase in option["phrases"]):
                problems[str(at)] = {"phrases": ["Another option has the same phrase"]}
        if problems:
            raise serializers.ValidationError(problems)
        return options

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        def final(name: str, otherwise: Any) -> Any:
            return attrs.get(name, getattr(self.context.get("menu"), name, otherwise))

        if not final("greeting", "") and not final("prompt_id", None):
            raise serializers.ValidationError({"greeting": "A greeting or a prompt is required"})
        if problems := _unanswerable(final("options", []), final("input", IvrMenu.Input.DTMF)):
            raise serializers.ValidationError({"options": problems})
        return attrs


def _unanswerable(options: list[dict[str, Any]], given: str) -> dict[str, Any]:
    """Options that nobody can choose by this kind of input."""
    names = {"dtmf": ("digits",), "speech": ("phrases",)}.get(given, ("digits", "phrases"))
    words = {"dtmf": "Keys are required", "speech": "Phrases are required"}.get(given, "Keys or phrases are required")
    return {
        str(at): {names[0]: [words]} for at, option in enumerate(options) if not any(option.get(name) for name in names)
    }
