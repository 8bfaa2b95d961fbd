"""The least that a Django view can do for the same answer: run the SQL, dump the rows. No credentials, no checks."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import orjson
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

TABLE = "CREATE TABLE IF NOT EXISTS bench_notice (id uuid PRIMARY KEY DEFAULT uuidv7(), payload jsonb NOT NULL)"
DOCUMENT = f"<Response><Say>{'Please hold. ' * 30}</Say></Response>"  # as long as ours


@cache
def _statements() -> dict[str, list[str]]:
    """By name, what the API's own request was seen to send."""
    known: dict[str, list[str]] = orjson.loads(Path(os.environ["BENCH_STATEMENTS"]).read_bytes())
    return known


def select(request: HttpRequest, name: str) -> HttpResponse:
    answer = []
    with connection.cursor() as cursor:
        for statement in _statements()[name]:
            cursor.execute(statement)
            columns = [column.name for column in cursor.description]
            answer.append([dict(zip(columns, row, strict=True)) for row in cursor.fetchall()])
    return HttpResponse(orjson.dumps(answer), content_type="application/json")


@csrf_exempt
def instruct(request: HttpRequest, name: str) -> HttpResponse:
    """Also of what an instruction writes: the same statements in one transaction, and a document."""
    request.POST.dict()
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _statements()[name]:
            cursor.execute(statement)
            if cursor.description:
                cursor.fetchall()
    return HttpResponse(DOCUMENT, content_type="application/xml; charset=utf-8")


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    payload = orjson.dumps(request.POST.dict()).decode()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_notice (payload) VALUES (%s::jsonb)", [payload])
    return HttpResponse(status=204)
