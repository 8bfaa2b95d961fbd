"""The HTTP server: ZeroDB's paths, and under /_zerodb what the tests tell it and see of it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from .contract import Refused, batch_of, limit_of, parsed, search_of
from .faults import Faults, entries, failures, faults_of
from .store import Store, shown

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

P = "/api/v1/projects/{project_id}/database/vectors"
CONTROL = "/_zerodb/"


class ZeroDB:
    def __init__(self, api_key: str, project_id: str) -> None:
        self.api_key = api_key
        self.project_id = project_id
        self.store = Store()
        self.faults = Faults()
        self.requests: list[dict[str, Any]] = []

    def application(self) -> web.Application:
        app = web.Application(client_max_size=2**24, middlewares=[self._worded, self._suffering])
        app.router.add_get("/health", self.health)
        app.router.add_post(P + "/upsert-batch", self._guarded(self.upsert))
        app.router.add_post(P + "/search", self._guarded(self.search))
        app.router.add_get(P, self._guarded(self.listing), allow_head=False)
        app.router.add_delete(P + "/{vector_id}", self._guarded(self.delete))
        app.router.add_get(CONTROL + "vectors", self.all_vectors)
        app.router.add_delete(CONTROL + "vectors", self.forget_vectors)
        app.router.add_get(CONTROL + "requests", self.all_requests)
        app.router.add_delete(CONTROL + "requests", self.forget_requests)
        app.router.add_put(CONTROL + "faults", self.put_faults)
        app.router.add_delete(CONTROL + "faults", self.clear_faults)
        return app

    # --- ZeroDB's ---------------------------------------------------------------------------------------------------

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "degraded" if self.faults.degraded else "healthy"})

    async def upsert(self, request: web.Request) -> web.Response:
        began = time.monotonic()
        batch = batch_of(parsed(request.content_type, await request.read()))
        self.store.check_dimensions(batch)
        failed = failures(self.faults, batch)
        for place, item in enumerate(batch):
            if place not in failed:
                self.store.put(item)
        return web.json_response(
            {
                "success_count": len(batch) - len(failed),
                "error_count": len(failed),
                "errors": entries(self.faults, batch, failed),
                "total_time_ms": _milliseconds(began),
            }
        )

    async def search(self, request: web.Request) -> web.Response:
        began = time.monotonic()
        wanted = search_of(parsed(request.content_type, await request.read()))
        found = self.store.search(wanted)[: wanted["limit"]]
        return web.json_response({"vectors": found, "total_count": len(found), "search_time_ms": _milliseconds(began)})

    async def listing(self, request: web.Request) -> web.Response:
        limit = limit_of([*request.query.items()])
        rows = [shown(row) for row in self.store.rows.values()]
        return web.json_response({"vectors": rows[:limit], "total_count": len(rows)})

    async def delete(self, request: web.Request) -> web.Response:
        if not self.store.delete(request.match_info["vector_id"]):
            raise Refused(404, "VECTOR_NOT_FOUND", "Vector not found")
        return web.Response(status=204)

    def _guarded(self, handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            if request.headers.get("X-API-Key") != self.api_key:
                raise Refused(401, "INVALID_API_KEY", "Invalid API key")
            if request.match_info["project_id"] != self.project_id:
                raise Refused(404, "PROJECT_NOT_FOUND", "Project not found")
            return await handler(request)

        return handle

    @web.middleware
    async def _worded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refusals in ZeroDB's words, and a record of every answer."""
        try:
            answer = await handler(request)
        except Refused as error:
            answer = _refusal(error)
        except web.HTTPException as error:
            answer = web.json_response({"detail": error.reason}, status=error.status)
        if not request.path.startswith(CONTROL):
            self.requests.append({"method": request.method, "path": request.path, "status": answer.status})
        return answer

    @web.middleware
    async def _suffering(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        faults = self.faults
        if request.path.startswith(CONTROL):
            return await handler(request)
        if faults.down:
            if faults.after:
                await handler(request)
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)  # never sent: the connection is gone
        await asyncio.sleep(faults.slow_seconds)
        if request.path == "/health":
            return await handler(request)
        if faults.says:
            status, text, headers = faults.says
            return web.Response(status=status, text=text, headers=headers)
        if faults.retry_after:
            answer = _refusal(Refused(429, "RATE_LIMIT_EXCEEDED", "Too many requests"))
            answer.headers["Retry-After"] = faults.retry_after
            return answer
        if faults.error:
            raise Refused(500, "INTERNAL_ERROR", "Internal server error")
        return await handler(request)

    # --- The tests' -------------------------------------------------------------------------------------------------

    async def all_vectors(self, request: web.Request) -> web.Response:
        return web.json_response([*self.store.rows.values()])

    async def forget_vectors(self, request: web.Request) -> web.Response:
        self.store.rows.clear()
        return web.Response(status=204)

    async def all_requests(self, request: web.Request) -> web.Response:
        return web.json_response(self.requests)

    async def forget_requests(self, request: web.Request) -> web.Response:
        self.requests.clear()
        return web.Response(status=204)

    async def put_faults(self, request: web.Request) -> web.Response:
        try:
            self.faults = faults_of(await request.json())
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(self.faults.shown())

    async def clear_faults(self, request: web.Request) -> web.Response:
        self.faults = Faults()
        return web.Response(status=204)


def _refusal(error: Refused) -> web.Response:
    return web.json_response({"detail": error.detail, "error_code": error.code}, status=error.status)


def _milliseconds(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 3)


async def serve(port: int, api_key: str, project_id: str) -> None:
    """Until SIGTERM or SIGINT."""
    runner = web.AppRunner(ZeroDB(api_key, project_id).application(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await runner.cleanup()
