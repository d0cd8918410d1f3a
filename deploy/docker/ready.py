"""Whether the service in this container is ready: exit code 0 if `/readyz` says so, else 1 and what it lacks.

For the engine's health check: nothing but the standard library, so that it starts in milliseconds.
"""

import http.client
import os
import sys

TIMEOUT_SECONDS = 4


def main() -> int:
    """Ask once."""
    port = int(os.environ.get("CAIRN_HTTP_PORT", "8000"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        said = answer.read(2000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        said = repr(error)
    else:
        if answer.status == http.HTTPStatus.OK:
            return 0
    sys.stdout.write(said)
    return 1


if __name__ == "__main__":
    sys.exit(main())
