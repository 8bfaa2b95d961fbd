"""What the simulator reads from its environment, once."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Countries that a new Twilio account may not call until someone allows them (voice geographic permissions): the
# simulator's are Cuba, Iran, Syria, North Korea and the satellite networks that toll fraud lives on.
GEO_FORBIDDEN = "+53,+98,+963,+850,+881,+882,+883"


@dataclass(frozen=True)
class Config:
    port: int
    account_sid: str
    auth_token: str
    host: str = "127.0.0.1"
    public_url: str = ""
    api_key_sid: str = ""
    api_key_secret: str = ""
    clock_start: float = field(default_factory=time.time)
    clock_speed: float = 1.0
    state_path: str = ""
    geo_forbidden: tuple[str, ...] = tuple(GEO_FORBIDDEN.split(","))

    @property
    def base_url(self) -> str:
        """Where media and callbacks say that this API lives."""
        return self.public_url or f"http://{self.host}:{self.port}"


def from_environment(env: Mapping[str, str] = os.environ) -> Config:
    """Raises SystemExit with a sentence when something is missing or malformed."""

    def number(name: str, default: str, kind: Callable[[str], Any] = float) -> Any:
        try:
            return kind(env.get(name) or default)
        except ValueError as error:
            raise SystemExit(f"{name} must be a number, not {env[name]!r}") from error

    account_sid = env.get("TWILIO_ACCOUNT_SID") or "AC" + "0" * 31 + "1"
    if len(account_sid) != 34 or not account_sid.startswith("AC"):
        raise SystemExit("TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits")
    speed = number("CLOCK_SPEED", "1")
    if not speed > 0:
        raise SystemExit("CLOCK_SPEED must be greater than 0")
    forbidden = env.get("SIMULATOR_GEO_FORBIDDEN", GEO_FORBIDDEN)
    return Config(
        port=number("SIMULATOR_PORT", "8010", int),
        host=env.get("SIMULATOR_HOST") or "127.0.0.1",
        public_url=(env.get("SIMULATOR_URL") or "").rstrip("/"),
        account_sid=account_sid,
        auth_token=env.get("TWILIO_AUTH_TOKEN") or "simulator-auth-token",
        api_key_sid=env.get("TWILIO_API_KEY_SID") or "",
        api_key_secret=env.get("TWILIO_API_KEY_SECRET") or "",
        clock_start=number("CLOCK_START", str(time.time())),
        clock_speed=speed,
        state_path=env.get("SIMULATOR_STATE") or "",
        geo_forbidden=tuple(prefix.strip() for prefix in forbidden.split(",") if prefix.strip()),
    )
