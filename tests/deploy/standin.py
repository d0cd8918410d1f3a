"""A service that does nothing but be there, die or sulk: STANDIN_<SERVICE> says which."""

import json
import os
import signal

SERVICE = os.environ["CAIRN_SERVICE"]
MOOD = os.environ.get(f"STANDIN_{SERVICE.upper()}", "well")

if MOOD == "dies":
    raise SystemExit("I cannot go on")


async def app(scope, receive, send) -> None:
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["path"] == "/environment":
        told = {name: value for name, value in os.environ.items() if name.startswith("CAIRN_")}
        await answer(send, 200, json.dumps(told))
    elif MOOD == "sulks":
        await answer(send, 503, "no partitions")
    else:
        await answer(send, 200, "ready")


async def live(receive, send) -> None:
    while True:
        message = await receive()
        if MOOD == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def answer(send, status: int, body: str) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body.encode()})
