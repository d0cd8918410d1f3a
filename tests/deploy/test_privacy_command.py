"""`cairn privacy` against a service that answers as it likes; no engines."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from deploy.asking import Target
from deploy.commands import privacy

TARGET = Target(service="people", url="http://people", token="t")
RECEIPT = {"person_id": "p", "standing": "erasing"}
Asked = list[tuple[str, bool]]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterator[httpx.Response]], Asked]:
    """Has the people service give these answers in turn; whom it was asked to erase, and whether again."""

    def begin(answers: Iterator[httpx.Response]) -> Asked:
        asked: Asked = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append((request.url.path, json.loads(request.content)["again"]))
            return next(answers)

        def client(_: Target) -> httpx.AsyncClient:
            return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=TARGET.url)

        monkeypatch.setattr(privacy, "client_of", client)
        return asked

    return begin


def too_many(seconds: int) -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": str(seconds)}, json={"detail": "You ask too often."})


async def test_who_is_in_a_long_log_is_erased_although_the_service_says_that_it_is_asked_too_often(
    answering: Callable[[Iterator[httpx.Response]], Asked],
) -> None:
    done, held = httpx.Response(202, json=RECEIPT), httpx.Response(409, json={"detail": "There is a hold."})
    asked = answering(iter([done, too_many(0), too_many(0), held, done]))
    people = [{"person_id": f"p{n}", "ground": "objection", "case": "C-1"} for n in range(3)]
    receipts, refusals = await privacy._erase(TARGET, people, again=True)
    assert asked == [(f"/people/p{n}/erasure", True) for n in (0, 1, 1, 1, 2)]
    assert len(receipts) == 2
    assert len(refusals) == 1
    assert "p1: 409 There is a hold" in refusals[0]


async def test_who_is_told_to_wait_for_too_long_is_told_so(
    answering: Callable[[Iterator[httpx.Response]], Asked],
) -> None:
    answering(iter([too_many(privacy.PATIENCE_SECONDS + 1)]))
    [], [refusal] = await privacy._erase(
        TARGET, [{"person_id": "p", "ground": "objection", "case": "C-1"}], again=True
    )
    assert "429 You ask too often" in refusal
