"""Runs one service in this process: `python -m shared.serve services.goals`.

The module named must have an `app` with a `SERVICE` in it.  Settings come from CAIRN_ variables.
"""

import gc
import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.service import Service

GRACE_SECONDS = 15


def main(module: str) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was taken."""
    # A fifth of the time to load is the collector looking at what will never be garbage.
    gc.disable()
    import uvicorn  # noqa: PLC0415  so that it loads with the collector off

    from shared.logs import configure  # noqa: PLC0415
    from shared.settings import load  # noqa: PLC0415

    service: Service = importlib.import_module(f"{module}.app").SERVICE
    settings = load(service.name)
    configure(service=service.name, level=settings.log_level)
    app = service.app(settings)
    # What is loaded by now lives for ever, and batches are large and free of cycles.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    gc.enable()
    uvicorn.run(
        app,
        host=settings.http_host,
        port=settings.http_port,
        loop="uvloop",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
