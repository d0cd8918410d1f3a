"""Every exchange leaves with its correlation id, careful headers, one line and one measurement."""

import asyncio
import io
import json

import pytest
import structlog
from fastapi import APIRouter, FastAPI, Request
from httpx import ASGITransport, AsyncClient
from starlette.responses import PlainTextResponse, StreamingResponse

from shared import logs
from shared.edge import Edge
from shared.errors import Forbidden
from shared.health import Health
from shared.metrics import Metrics, metrics_route
from shared.problems import add_problem_handlers

LIMIT = 2048


def chunks(*parts):
    async def body():
        for part in parts:
            yield part

    return body()


@pytest.fixture
def metrics():
    return Metrics("goals")


def add_api(app):
    """Routes as services have them: routers within routers, bodies, refusals."""
    inner = APIRouter(prefix="/goals")

    @inner.get("/{goal_id}")
    async def read(goal_id: str) -> dict:
        return {"goal": goal_id}

    @inner.post("")
    async def write(body: dict) -> int:
        return len(body)

    @app.post("/files")
    @app.post("/raw")
    async def raw(request: Request) -> int:
        return len(await request.body())

    @app.get("/forbidden")
    async def forbidden() -> None:
        raise Forbidden("No.")

    @app.get("/livez")
    async def livez() -> str:
        return logs.correlation_id()

    outer = APIRouter(prefix="/v1")
    outer.include_router(inner)
    app.include_router(outer)


def add_oddities(app):
    """Routes that break, before or half way, or that set headers of their own."""

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError("secret of ada@example.com")

    @app.get("/half")
    async def half():
        async def body():
            yield b"half"
            raise ZeroDivisionError("late")

        return StreamingResponse(body())

    @app.get("/cached")
    async def cached():
        return StreamingResponse(chunks(b"x"), headers={"Cache-Control": "max-age=5"})

    async def plain(_: Request):
        return PlainTextResponse("plain")

    app.add_route("/plain", plain)
    app.add_route("/plain/{name}", plain)


@pytest.fixture
def app(metrics):
    app = FastAPI()
    app.add_middleware(Edge, metrics=metrics, max_body_bytes=LIMIT, large_bodies={"/files": 2 * LIMIT})
    add_problem_handlers(app)
    add_api(app)
    add_oddities(app)
    app.router.routes.append(metrics_route(metrics))
    app.router.routes.extend(Health([]).routes()[1:])
    return app


@pytest.fixture
async def client(app):
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.fixture
def written():
    stream = io.StringIO()
    structlog.configure(
        processors=[logs._add_correlation, structlog.processors.format_exc_info, logs.render],
        logger_factory=structlog.WriteLoggerFactory(stream),
        wrapper_class=structlog.make_filtering_bound_logger(20),
    )
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()


async def test_an_offered_correlation_id_comes_back(client, written):
    answer = await client.get("/v1/goals/goal_1", headers={"X-Correlation-Id": "abc-1"})
    assert answer.headers["x-correlation-id"] == "abc-1"
    assert written()[-1]["correlation_id"] == "abc-1"


@pytest.mark.parametrize("offered", ["a b", "x" * 65, "<b>", '"'])
async def test_an_unsafe_correlation_id_is_not_echoed(client, offered):
    answer = await client.get("/v1/goals/goal_1", headers={"X-Correlation-Id": offered})
    assert answer.headers["x-correlation-id"] != offered


async def test_requests_side_by_side_keep_their_own_id(client):
    answers = await asyncio.gather(
        *(client.get("/livez", headers={"X-Correlation-Id": f"id{n}"}) for n in range(20))
    )
    assert [a.json() for a in answers] == [f"id{n}" for n in range(20)]


async def test_a_request_is_one_line_with_the_template_of_its_route_and_no_id(client, written):
    await client.get("/v1/goals/goal_of_ada?name=ada")
    [line] = written()
    assert line["event"] == "request"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/goals/{goal_id}", 200)
    assert 0 <= line["ms"] < 10_000
    assert "ada" not in json.dumps(line)


async def test_a_request_is_measured_under_its_template(client, metrics):
    await client.get("/v1/goals/one")
    await client.get("/v1/goals/two")
    labels = {"method": "GET", "route": "/v1/goals/{goal_id}", "status": "200"}
    assert metrics.registry.get_sample_value("cairn_http_requests_total", labels) == 2
    assert metrics.registry.get_sample_value("cairn_http_requests_in_flight") == 0


async def test_addresses_made_up_by_a_client_share_one_label(client, metrics):
    for number in range(5):
        await client.get(f"/nowhere/{number}")
    labels = {"method": "GET", "route": "(none)", "status": "404"}
    assert metrics.registry.get_sample_value("cairn_http_requests_total", labels) == 5


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
async def test_probes_and_scrapes_leave_no_line(client, written, path):
    assert (await client.get(path)).status_code == 200
    assert written() == []


async def test_a_plain_route_is_told_by_its_path_unless_that_holds_a_name(client, written):
    await client.get("/plain")
    await client.get("/plain/ada")
    assert [line["route"] for line in written()] == ["/plain", "(asset)"]


async def test_the_rule_that_refused_is_logged_and_counted(client, written, metrics):
    await client.get("/forbidden")
    assert written()[-1]["rule"] == "forbidden"
    assert metrics.registry.get_sample_value("cairn_refusals_total", {"rule": "forbidden"}) == 1


async def test_answers_are_not_cached_sniffed_nor_framed(client):
    headers = (await client.get("/v1/goals/goal_1")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers


async def test_over_tls_browsers_are_told_to_stay_there(client):
    headers = (await client.get("https://test/v1/goals/goal_1")).headers
    assert headers["strict-transport-security"].startswith("max-age=")


async def test_a_route_that_says_otherwise_is_believed(client):
    assert (await client.get("/cached")).headers.get_list("cache-control") == ["max-age=5"]


async def test_an_unforeseen_error_is_logged_whole_and_answered_without_its_inside(client, written):
    answer = await client.get("/broken", headers={"X-Correlation-Id": "abc"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-correlation-id"] == "abc"
    assert answer.json()["correlation_id"] == "abc"
    assert "ZeroDivision" not in answer.text
    assert "secret" not in answer.text
    error, request = written()
    assert (error["event"], error["error"], error["correlation_id"]) == (
        "unexpected",
        "ZeroDivisionError",
        "abc",
    )
    assert "Traceback" in error["exception"]
    assert "ada@" not in json.dumps(error)
    assert request["status"] == 500


async def test_an_answer_that_breaks_half_way_breaks_the_connection(client, written):
    with pytest.raises(ZeroDivisionError):
        await client.get("/half")
    assert written()[0]["event"] == "unexpected"


async def test_a_body_over_the_limit_is_refused_before_it_is_read(app):
    asked = False

    async def receive():
        nonlocal asked
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    sent = []

    async def send(message):
        sent.append(message)

    headers = [(b"content-length", str(LIMIT + 1).encode()), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/raw",
        "headers": headers,
        "query_string": b"",
        "scheme": "http",
    }
    await app(scope, receive, send)
    assert not asked
    assert sent[0]["status"] == 413
    assert json.loads(sent[1]["body"])["limit_bytes"] == LIMIT


@pytest.mark.parametrize("path", ["/raw", "/v1/goals"])
async def test_a_body_of_unknown_length_is_cut_off_at_the_limit(client, path):
    answer = await client.post(
        path, content=chunks(b"x" * 1500, b"x" * 1500), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:cairn:problem:too-large"


@pytest.mark.parametrize("as_chunks", [False, True])
async def test_paths_that_take_files_have_a_limit_of_their_own(client, as_chunks):
    def body(size):
        return chunks(b"x" * (size - 1), b"x") if as_chunks else b"x" * size

    assert (await client.post("/files", content=body(2 * LIMIT))).json() == 2 * LIMIT
    assert (await client.post("/files", content=body(2 * LIMIT + 1))).status_code == 413


@pytest.mark.parametrize("content", [b"x" * LIMIT, chunks(b"x" * 1024, b"x" * 1024)])
async def test_a_body_of_just_the_limit_is_taken(client, content):
    assert (await client.post("/raw", content=content)).json() == LIMIT


async def test_a_client_that_leaves_is_not_our_error(app, written, metrics):
    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        raise AssertionError("nobody listens")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/raw",
        "headers": [],
        "query_string": b"",
        "scheme": "http",
    }
    await app(scope, receive, send)
    assert [line["event"] for line in written()] == ["request"]
    assert written()[0]["status"] == 499


async def test_what_is_not_http_goes_by_untouched():
    seen = []

    async def inner(scope, receive, send):
        seen.append(scope["type"])

    await Edge(inner, metrics=Metrics("goals"), max_body_bytes=LIMIT)({"type": "lifespan"}, None, None)
    assert seen == ["lifespan"]
