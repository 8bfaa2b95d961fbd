"""`python -m tests.zerodb.server`: on 127.0.0.1:$ZERODB_PORT, for $ZERODB_API_KEY and $ZERODB_PROJECT_ID."""

import asyncio
import os

from .app import serve

if __name__ == "__main__":
    asyncio.run(serve(int(os.environ["ZERODB_PORT"]), os.environ["ZERODB_API_KEY"], os.environ["ZERODB_PROJECT_ID"]))
