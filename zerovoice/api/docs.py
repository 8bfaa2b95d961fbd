"""What people read: the OpenAPI document, Swagger UI over it, and the guides of docs/api."""

import functools
import re
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from markdown_it import MarkdownIt
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

_PAGE = re.compile(r"[a-z_]+(/[a-z_]+)?")
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@functools.cache
def _document() -> dict[str, Any]:
    """Made once: it depends on nothing but the code."""
    return SchemaGenerator().get_schema(public=True)


class SchemaView(SpectacularAPIView):
    """JSON, unless YAML is asked for (`?format=yaml` or `Accept`)."""

    content_negotiation_class = DefaultContentNegotiation
    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]

    def _get_schema_response(self, request: Request) -> Response:
        return Response(_document())


class SwaggerView(SpectacularSwaggerSplitView):
    """Its script is a request of its own, so the page does with a policy that allows nothing inline."""

    content_negotiation_class = DefaultContentNegotiation
    template_name = "api/swagger_ui.html"


@functools.cache
def _guide(page: str) -> tuple[str, str]:
    if not _PAGE.fullmatch(page):
        raise Http404
    try:
        text = (settings.BASE_DIR / "docs" / "api" / f"{page}.md").read_text()
    except FileNotFoundError as error:
        raise Http404 from error
    return text.split("\n", 1)[0].removeprefix("# "), _markdown.render(text)


@require_safe
def guide(request: HttpRequest, page: str) -> HttpResponse:
    """One page of docs/api, its Markdown as HTML."""
    title, body = _guide(page)
    return render(request, "api/guide.html", {"title": title, "body": mark_safe(body)})  # noqa: S308  # our own file
