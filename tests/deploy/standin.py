"""A service that does nothing but be there, die or be deaf: STANDIN_<SERVICE> says which."""

import json
import os
import signal
from types import SimpleNamespace


def service(name: str) -> SimpleNamespace:
    """What `shared.serve` runs, in the mood that the environment asks for."""
    mood = os.environ.get(f"STANDIN_{name.upper()}", "well")
    if mood == "dies":
        raise SystemExit("I cannot go on")

    async def app(scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send, mood)
        elif scope["path"] == "/environment":
            told = {key: value for key, value in os.environ.items() if key.startswith("CAIRN_")}
            await answer(send, 200, json.dumps({"service": name, "variables": told}))
        elif scope["path"] == "/people/nobody":
            await answer(send, 404, "{}")
        else:
            await answer(send, 200, "ready")

    return SimpleNamespace(name=name, app=lambda _settings: app)


async def live(receive, send, mood: str) -> None:
    while True:
        message = await receive()
        if mood == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def answer(send, status: int, body: str) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body.encode()})
