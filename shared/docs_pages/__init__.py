"""The pages that document a service: its HTTP API at /docs, its events at /docs/events.

They load nothing from outside: Swagger UI comes out of an installed wheel, and a strict content
security policy holds browsers to it.  What is documented is made elsewhere and passed in.
"""

import hashlib
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from shared.docs_pages.events import channels_of, operations_of

HERE: Final = Path(__file__).parent
ASSETS: Final = {
    "start.js": (HERE / "start.js", "text/javascript"),
    "style.css": (HERE / "style.css", "text/css"),
}
SWAGGER_ASSETS: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}
REFERENCE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
EVENTS_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

_pages = Environment(
    loader=FileSystemLoader(HERE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def add_docs(api: FastAPI, *, events: Callable[[], Mapping[str, Any]]) -> None:
    """Serve /docs, /docs/events and /docs/events.json; `events` makes the AsyncAPI 3 document, once.

    The app is to be made with `docs_url=None, redoc_url=None`.
    """
    made: dict[str, Mapping[str, Any]] = {}

    def document() -> Mapping[str, Any]:
        if "document" not in made:
            made["document"] = events()
        return made["document"]

    async def reference(_: Request) -> Response:
        return _page(render_reference(api.title), REFERENCE_POLICY)

    async def events_page(_: Request) -> Response:
        return _page(render_events(document()), EVENTS_POLICY)

    async def events_json(_: Request) -> Response:
        return Response(orjson.dumps(document()), media_type="application/json")

    async def asset(request: Request) -> Response:
        path, kind = _asset(request.path_params["name"])
        return FileResponse(path, media_type=kind, headers={"Cache-Control": "public, max-age=3600"})

    api.add_route("/docs", reference, include_in_schema=False)
    api.add_route("/docs/events", events_page, include_in_schema=False)
    api.add_route("/docs/events.json", events_json, include_in_schema=False)
    api.add_route("/docs/assets/{name}", asset, include_in_schema=False)


def render_reference(title: str) -> str:
    """The page on which an HTTP API can be read and tried."""
    return _pages.get_template("reference.html.jinja").render(title=title, stamp=_stamp())


def render_events(document: Mapping[str, Any]) -> str:
    """An AsyncAPI 3 document as one static page without scripts."""
    return _pages.get_template("events.html.jinja").render(
        info=document["info"],
        servers=document.get("servers", {}),
        channels=channels_of(document),
        operations=operations_of(document),
        stamp=_stamp(),
    )


def _page(html: str, policy: str) -> Response:
    return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"})


def _asset(name: str) -> tuple[Path, str]:
    if name in ASSETS:
        return ASSETS[name]
    if name in SWAGGER_ASSETS:
        return _swagger_directory() / name, SWAGGER_ASSETS[name]
    raise HTTPException(404)


def _swagger_directory() -> Path:
    # Only the files of the wheel are used; its code, which rewires FastAPI, is not imported.
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise HTTPException(404)
    return Path(spec.origin).parent / "static"


def _stamp() -> str:
    """Changes when an asset of ours does, so that browsers take the new one."""
    content = b"".join(path.read_bytes() for path, _ in ASSETS.values())
    return hashlib.sha256(content).hexdigest()[:8]
