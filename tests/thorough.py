"""How often something is tried: in `make test`, and in `make soak`, which has the time."""

import os

THOROUGH = bool(os.environ.get("THOROUGH"))


def times(usually: int, thorough: int) -> int:
    return thorough if THOROUGH else usually
