"""Bad days, on request. They befall the vectors; `/health` only lies, hangs or is gone with the rest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

NAMING = ("sentence", "vector_id", "index", "nobody")


@dataclass(frozen=True)
class Faults:
    """`down` resets every connection; with `after`, once the request has been carried out. `fail_every` leaves every
    n-th vector of a batch unstored, and `naming` is how `errors` tells which. `says` answers anything with a
    `[status, text, headers]` of the test's own."""

    down: bool = False
    after: bool = False
    slow_seconds: float = 0
    retry_after: str = ""  # 429 with this header
    error: bool = False  # 500
    degraded: bool = False
    fail_every: int = 0
    naming: str = "sentence"
    says: Any = None

    def shown(self) -> dict[str, Any]:
        return asdict(self)


def faults_of(value: Any) -> Faults:
    """Raises ValueError with a sentence."""
    known = Faults().shown()
    if not isinstance(value, dict) or set(value) - set(known):
        raise ValueError(f"faults are an object of {', '.join(known)}")
    for name, given in value.items():
        kinds = (int, float) if name == "slow_seconds" else type(known[name])
        if name != "says" and not isinstance(given, kinds):
            raise ValueError(f"{name} is not {given!r}")
    faults = Faults(**value)
    if faults.naming not in NAMING:
        raise ValueError(f"naming is one of {', '.join(NAMING)}")
    return faults


def failures(faults: Faults, batch: list[dict[str, Any]]) -> list[int]:
    """The places in a batch that are not stored."""
    return [place for place in range(len(batch)) if faults.fail_every and (place + 1) % faults.fail_every == 0]


def entries(faults: Faults, batch: list[dict[str, Any]], failed: list[int]) -> list[Any]:
    """What `errors` says of them."""
    ids = [batch[place]["vector_id"] for place in failed]
    if faults.naming == "nobody":
        return ["Some vectors could not be stored"] if failed else []
    if faults.naming == "index":
        return [{"index": place, "error": "could not be stored"} for place in failed]
    if faults.naming == "vector_id":
        return [{"vector_id": vector_id, "error": "could not be stored"} for vector_id in ids]
    return [f"Vector {vector_id} could not be stored" for vector_id in ids]
