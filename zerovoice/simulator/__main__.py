"""`python -m zerovoice.simulator`: a phone network on 127.0.0.1:$SIMULATOR_PORT. See docs/contributing/simulator.md."""

import asyncio
import logging

from .config import from_environment
from .server import serve

if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    asyncio.run(serve(from_environment()))
