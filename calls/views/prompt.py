from __future__ import annotations

from typing import IO, Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from calls.actions import prompts
from calls.models import Prompt
from calls.prompts import EXTENSIONS, named_by
from calls.serializers.prompt import PromptSerializer, RenamePromptSerializer, UploadPromptSerializer
from zerovoice.api.errors import BadRequest
from zerovoice.api.ranges import RANGE, ranged_response, ranged_responses
from zerovoice.api.viewsets import ListMixin, TenantViewSet

#: A form's own part of an upload: boundaries, headers, the name.
_FORM_BYTES = 64 * 1024
#: The sound of an address never changes; it may only go away.
_CACHED = "public, max-age=86400"


class NoFormParser(BaseParser):
    """For any other body: says what is wanted."""

    media_type = "*/*"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        raise BadRequest("multipart/form-data with a file and a name is required", "file")


@extend_schema(tags=["Prompts"])
class PromptViewSet(ListMixin, TenantViewSet):
    """Sounds of your own: greetings, and music to wait by."""

    scope = "calls"
    write_scope = "settings"
    queryset = Prompt.objects.all()
    lookup_url_kwarg = "prompt_id"
    serializer_class = PromptSerializer
    write_serializers = {"create": UploadPromptSerializer, "partial_update": RenamePromptSerializer}
    operation_ids = {"audio": "get_prompt_audio"}
    errors = {"create": (422,), "partial_update": (422,), "destroy": (422,)}

    def get_parsers(self) -> list[BaseParser]:
        if self.request is not None and self.request.method == "POST":
            return [MultiPartParser(), NoFormParser()]
        return super().get_parsers()

    def retrieve(self, request: Request, prompt_id: str) -> Response:
        """A prompt."""
        return self.answer(self.get_object())

    @extend_schema(request={"multipart/form-data": UploadPromptSerializer})
    def create(self, request: Request) -> Response:
        """Upload a prompt. What the file is, is read from its content and not from its name."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > prompts.MOST_BYTES + _FORM_BYTES:
            raise BadRequest(f"The file is larger than {prompts.MOST_BYTES} bytes", "file")
        return self.answer(prompts.create_prompt(principal=self.principal, **self.validated()), status=201)

    def partial_update(self, request: Request, prompt_id: str) -> Response:
        """Rename a prompt. Its sound never changes: upload another."""
        return self.answer(
            prompts.rename_prompt(principal=self.principal, prompt=self.get_object(), **self.validated())
        )

    def destroy(self, request: Request, prompt_id: str) -> Response:
        """Remove a prompt that no queue, agent or menu plays."""
        prompts.delete_prompt(principal=self.principal, prompt=self.get_object())
        return Response(status=204)

    @extend_schema(responses=ranged_responses("audio/wav", "audio/mpeg"), parameters=[RANGE])
    @action(detail=True)
    def audio(self, request: Request, prompt_id: str) -> HttpResponseBase:
        """The sound of a prompt."""
        return sound_response(request, self.get_object())


@require_safe
def media(request: HttpRequest, token: str) -> HttpResponseBase:
    """The sound for the carrier, which has no log-in: whoever knows the address may have it."""
    prompt = named_by(token)
    if prompt is None:
        raise Http404
    etag = f'"{prompt.sha256}"'
    response = get_conditional_response(request, etag=etag, response=None) or sound_response(request, prompt)
    response["ETag"], response["Cache-Control"] = etag, _CACHED
    return response


def sound_response(request: HttpRequest | Request, prompt: Prompt) -> HttpResponseBase:
    """Raises Http404 where the file is gone."""
    if not prompt.file.storage.exists(str(prompt.file.name)):
        raise Http404
    extension = EXTENSIONS[prompt.content_type]
    return ranged_response(
        request,
        prompt.file,
        size=prompt.size,
        content_type=prompt.content_type,
        filename=f"{prompt.pk}.{extension}",
    )
