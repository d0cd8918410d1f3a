"""Runs one service in this process: `python -m shared.serve services.goals`.

The module named must have an `app` with a `SERVICE` in it.  Settings come from CAIRN_ variables.
"""

import gc
import importlib
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import uvicorn

from shared.logs import configure
from shared.settings import Settings, load

if TYPE_CHECKING:
    from shared.service import Service

GRACE_SECONDS = 15


def main(module: str) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was taken."""
    # While a service loads, the collector would look again and again at what will never be garbage.
    gc.disable()
    service: Service = importlib.import_module(f"{module}.app").SERVICE
    settings = load(service.name)
    configure(service=service.name, level=settings.log_level)
    app = service.app(settings)
    calm_collector()
    uvicorn.run(app, host=settings.http_host, port=settings.http_port, **server_options(settings))


def server_options(settings: Settings) -> Mapping[str, Any]:
    """How uvicorn serves, besides where: of proxies it believes those alone that the settings name."""
    return {
        "forwarded_allow_ips": list(settings.trusted_proxies),
        "loop": "uvloop",
        "log_config": None,
        "access_log": False,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "server_header": False,
    }


def calm_collector() -> None:
    """Look for garbage less often: what is loaded lives for ever, and batches are large and free of cycles.

    Not much less: the HTTP clients leave cycles behind, which a launch of mails piled up to 30 MB.
    """
    gc.freeze()
    gc.set_threshold(20_000, 5, 5)
    gc.enable()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
