"""The HTTP server: Twilio's paths under /2010-04-01, the control API under /_sim."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable

from aiohttp import web

from . import (
    audio,
    control,
    rest_accounts,
    rest_calls,
    rest_conferences,
    rest_messages,
    rest_numbers,
    rest_recordings,
    state,
)
from .config import Config
from .errors import TwilioError, not_found
from .faults import refusal
from .network import Network
from .rest import PREFIX, VERSION, Route, endpoint

ROUTES: tuple[tuple[str, Route], ...] = tuple(
    (prefix, route)
    for prefix, routes in (
        (VERSION, rest_accounts.ROUTES),
        (PREFIX, rest_calls.ROUTES),
        (PREFIX, rest_recordings.ROUTES),
        (PREFIX, rest_conferences.ROUTES),
        (PREFIX, rest_messages.ROUTES),
        (PREFIX, rest_numbers.ROUTES),
    )
    for route in routes
)


def application(net: Network) -> web.Application:
    app = web.Application(client_max_size=2**20)
    for prefix, route in ROUTES:
        app.router.add_route(route.method, prefix + route.path, endpoint(net, route))
    app.router.add_routes(control.routes(net))
    app.middlewares.append(_unknown_paths)
    return app


@web.middleware
async def _unknown_paths(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """What has no route is refused in Twilio's words on Twilio's paths, and in plain ones elsewhere."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as error:
        if request.path.startswith("/2010-04-01/"):
            return refusal(TwilioError(20004))
        return web.json_response({"error": f"{request.path} takes {sorted(error.allowed_methods)}"}, status=405)
    except web.HTTPNotFound:
        if request.path.startswith("/2010-04-01/"):
            return refusal(not_found(request.path))
        return web.json_response({"error": f"there is nothing at {request.path}"}, status=404)


async def serve(config: Config) -> None:
    """Until SIGTERM or SIGINT."""
    net = Network(config)
    audio.speech_seconds("The first line loads the phonemes of a language, which takes a moment.")
    state.load(net)
    await net.start()
    runner = web.AppRunner(application(net), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, config.host, config.port, backlog=1024).start()
    except OSError as error:
        await runner.cleanup()
        await net.close()
        raise SystemExit(f"The simulator cannot listen on {config.host}:{config.port}: {error.strerror}") from error
    print(f"Phone network at {config.base_url}, account {config.account_sid}, speed {config.clock_speed:g}", flush=True)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    await stop.wait()
    await runner.cleanup()
    await net.close()
    sys.stdout.flush()
