"""The documentation pages stand alone: all they load comes from the service itself."""

import re
from html.parser import HTMLParser

import pytest
from fastapi import APIRouter, FastAPI
from httpx import ASGITransport, AsyncClient

from shared.docs_pages import SWAGGER_ASSETS, add_docs, render_events
from shared.docs_pages.events import channels_of, operations_of
from shared.edge import Edge
from shared.metrics import Metrics
from shared.problems import add_problem_handlers

GOAL = {
    "type": "object",
    "required": ["goal_id", "key_results"],
    "properties": {
        "goal_id": {"type": "string", "description": "The goal <b>itself</b>."},
        "closed_at": {"type": "string", "format": "date-time"},
        "outcome": {"enum": ["achieved", "missed"]},
        "version": {"const": 1},
        "parent": {"anyOf": [{"$ref": "#/components/schemas/Goal"}, {"type": "null"}]},
        "key_results": {"type": "array", "items": {"$ref": "#/components/schemas/KeyResult"}},
        "tags": {"type": "array", "items": {"type": "string"}},
        "lost": {"$ref": "#/components/schemas/Nowhere"},
    },
}
DOCUMENT = {
    "asyncapi": "3.0.0",
    "info": {
        "title": "Cairn goals",
        "version": "1",
        "description": "What <script>alert(1)</script> happens.",
    },
    "servers": {"local": {"host": "localhost:9092", "protocol": "kafka"}},
    "channels": {
        "goals_events": {
            "address": "cairn.goals.events",
            "description": "What happened to goals.",
            "messages": {"goal_closed": {"$ref": "#/components/messages/goal_closed"}},
            "bindings": {
                "kafka": {
                    "partitions": 6,
                    "topicConfiguration": {"cleanup.policy": ["delete"]},
                    "bindingVersion": "0.5.0",
                }
            },
        },
        "empty": {},
    },
    "operations": {
        "publish": {
            "action": "send",
            "channel": {"$ref": "#/channels/goals_events"},
            "summary": "All of it.",
        },
        "read": {"action": "receive", "channel": {"$ref": "#/channels/missing"}},
    },
    "components": {
        "messages": {
            "goal_closed": {
                "name": "cairn.goals.goal_closed.v1",
                "title": "GoalClosed",
                "summary": "A goal was closed.",
                "payload": {"$ref": "#/components/schemas/Goal"},
                "headers": {"type": "object", "properties": {"ce_id": {"type": "string"}}},
                "examples": [{"payload": {"goal_id": "goal_1"}}],
            }
        },
        "schemas": {
            "Goal": GOAL,
            "KeyResult": {"type": "object", "properties": {"target": {"type": ["number", "null"]}}},
        },
    },
}


class Addresses(HTMLParser):
    """All that a page links to or loads, and the scripts and styles that stand in it."""

    def __init__(self, html):
        super().__init__()
        self.found, self.inline, self.ids = [], [], set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in {"src", "href"}:
                self.found.append(value)
            elif name == "style" or name.startswith("on"):
                self.inline.append((tag, name))
            elif name == "id":
                self.ids.add(value)
        if tag == "style" or (tag == "script" and "src" not in dict(attrs)):
            self.inline.append((tag, None))


@pytest.fixture
def app():
    app = FastAPI(title="Cairn goals", docs_url=None, redoc_url=None)
    app.add_middleware(Edge, metrics=Metrics("goals"), max_body_bytes=1024)
    add_problem_handlers(app)
    router = APIRouter()

    @router.get("/goals")
    async def goals() -> list[str]:
        return []

    app.include_router(router)
    add_docs(app, events=lambda: DOCUMENT)
    return app


@pytest.fixture
async def client(app):
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.mark.parametrize("path", ["/docs", "/docs/events"])
async def test_a_page_loads_only_what_the_service_itself_serves(client, path):
    page = await client.get(path)
    assert page.headers["content-type"].startswith("text/html")
    addresses = Addresses(page.text)
    assert addresses.inline == []
    for address in addresses.found:
        if address.startswith("#"):
            assert address[1:] in addresses.ids or address == "#missing"
        elif address != "data:,":
            answer = await client.get(str(page.url.join(address)))
            assert (address, answer.status_code) == (address, 200)
            assert "://" not in address


@pytest.mark.parametrize("path", ["/docs", "/docs/events"])
async def test_browsers_are_held_to_it(client, path):
    policy = (await client.get(path)).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    scripts = re.search(r"script-src ([^;]*)", policy)
    assert scripts is None or scripts[1] == "'self'"


async def test_the_assets_load_nothing_from_outside(client):
    for name in ("start.js", "style.css"):
        assert "://" not in (await client.get(f"/docs/assets/{name}")).text
    style = (await client.get("/docs/assets/swagger-ui.css")).text
    assert not re.search(r"url\(\s*['\"]?https?:", style)
    assert "@import" not in style


@pytest.mark.parametrize(
    "name",
    ["../__init__.py", "__init__.py", "events.html.jinja", "..%2f__init__.py", "redoc.standalone.js", ""],
)
async def test_no_other_file_is_served(client, name):
    assert (await client.get(f"/docs/assets/{name}")).status_code == 404


async def test_assets_may_be_kept_and_pages_are_asked_for_anew(client):
    asset = await client.get("/docs/assets/swagger-ui.css")
    assert asset.headers.get_list("cache-control") == ["public, max-age=3600"]
    assert asset.headers["x-content-type-options"] == "nosniff"
    assert (await client.get("/docs")).headers.get_list("cache-control") == ["no-cache"]
    assert set(SWAGGER_ASSETS) == {"swagger-ui.css", "swagger-ui-bundle.js"}


async def test_the_pages_are_not_part_of_the_api_description(client):
    assert list((await client.get("/openapi.json")).json()["paths"]) == ["/goals"]


async def test_the_events_document_is_served_as_it_is(client):
    assert (await client.get("/docs/events.json")).json() == DOCUMENT


async def test_the_events_document_is_made_when_first_asked_for():
    made = []
    app = FastAPI(docs_url=None, redoc_url=None)
    add_docs(app, events=lambda: made.append(1) or DOCUMENT)
    assert made == []
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        await client.get("/docs/events")
        await client.get("/docs/events.json")
    assert made == [1]


def test_words_of_the_contract_cannot_become_markup():
    page = render_events(DOCUMENT)
    assert "<script>alert" not in page
    assert "The goal &lt;b&gt;itself&lt;/b&gt;." in page


def test_channels_show_their_messages_and_settings():
    channel, empty = channels_of(DOCUMENT)
    assert (channel.address, channel.description) == ("cairn.goals.events", "What happened to goals.")
    assert channel.bindings == [
        ("kafka.partitions", "6"),
        ("kafka.topicConfiguration.cleanup.policy", "delete"),
    ]
    [message] = channel.messages
    assert (message.name, message.title, message.description) == (
        "cairn.goals.goal_closed.v1",
        "GoalClosed",
        "A goal was closed.",
    )
    assert message.example == '{\n  "goal_id": "goal_1"\n}'
    assert [field.path for field in message.headers] == ["ce_id"]
    assert (empty.address, list(empty.messages)) == ("empty", [])


def test_fields_show_their_types_down_into_lists_and_objects():
    fields = {field.path: field for field in channels_of(DOCUMENT)[0].messages[0].fields}
    types = {path: field.type for path, field in fields.items() if path.count("parent") == 0}
    assert types == {
        "goal_id": "string",
        "closed_at": "string (date-time)",
        "outcome": '"achieved" | "missed"',
        "version": "1",
        "key_results": "list of object",
        "key_results[].target": "number | null",
        "tags": "list of string",
        "lost": "any",
    }
    assert fields["goal_id"].required
    assert not fields["tags"].required
    assert fields["parent"].type == "object | null"


def test_a_value_that_may_be_a_tombstone_shows_the_fields_that_it_has_otherwise():
    payload = {
        "schema": {
            "oneOf": [{"type": "object", "properties": {"name": {"type": "string"}}}, {"type": "null"}]
        }
    }
    message = {"payload": payload, "summary": "Newest.", "description": "No text."}
    [channel] = channels_of({"channels": {"state": {"messages": {"goal": message}}}})
    assert [field.path for field in channel.messages[0].fields] == ["name"]
    assert channel.messages[0].description == "Newest. No text."


def test_a_type_that_holds_itself_comes_to_an_end():
    deepest = max(channels_of(DOCUMENT)[0].messages[0].fields, key=lambda field: field.path.count("parent"))
    assert deepest.path.startswith("parent.parent.")
    assert len(deepest.path) < 200


def test_operations_tell_what_is_published_and_read():
    send, receive = operations_of(DOCUMENT)
    assert (send.action, send.address, send.summary) == ("send", "cairn.goals.events", "All of it.")
    assert (receive.action, receive.address) == ("receive", "")


def test_a_document_with_nothing_in_it_is_a_page():
    assert "Empty" in render_events({"info": {"title": "Empty", "version": "1"}})
