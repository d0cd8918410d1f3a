"""Prometheus in a container beside the suite: it sees all, answers every question, and rings."""

import time
from collections.abc import Callable

import httpx
import pytest

from deploy.local.services import SERVICES
from tests.compose.stack import FOR_REAL, Compose
from tests.deploy.test_observability import asked

SEEN_SECONDS = 120
RUNG_SECONDS = 300
"""An alert waits for two minutes at most before it rings, and Prometheus looks every ten seconds."""
HUNG, GONE = ("CairnServiceDown", "goals"), ("CairnServiceGone", "feedback")

pytestmark = FOR_REAL


class Prometheus:
    """Its API."""

    def __init__(self, base: str) -> None:
        self._client = httpx.Client(base_url=base, timeout=30, trust_env=False)

    def answer(self, question: str) -> list[dict[str, object]]:
        """What an expression gives now."""
        told = self._client.get("/query", params={"query": question}).json()
        assert told["status"] == "success", (question, told)
        return told["data"]["result"]

    def ringing(self) -> set[tuple[str, str]]:
        """The alerts that ring now, and for which service."""
        alerts = self._client.get("/alerts").json()["data"]["alerts"]
        labels = [alert["labels"] for alert in alerts if alert["state"] == "firing"]
        return {(each["alertname"], each.get("service", "")) for each in labels}

    def until(self, holds: Callable[[], bool], what: str, seconds: float = SEEN_SECONDS) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"{what}: {self.answer('up')}, {self.ringing()}"
            time.sleep(1)


@pytest.fixture(scope="module")
def prometheus(compose: Compose) -> Prometheus:
    compose.run("--profile", "observability", "up", "--detach", "--wait", "prometheus", seconds=300)
    prometheus = Prometheus(f"http://127.0.0.1:{compose.environment['CAIRN_PORTS']}50/api/v1")
    prometheus.until(lambda: sees_all(prometheus), "not every service is seen")
    return prometheus


def sees_all(prometheus: Prometheus) -> bool:
    return len(prometheus.answer('up{job="cairn"} == 1')) == len(SERVICES)


@pytest.mark.parametrize(
    "arguments", [("check", "rules", "recording.yml", "alerts.yml"), ("test", "rules", "tests.yml")]
)
def test_rules_hold_in_the_containers_own_promtool(compose, prometheus, arguments):
    files = [f"/etc/prometheus/rules/{each}" if "." in each else each for each in arguments]
    compose.inside("prometheus", "promtool", *files)


def test_every_question_of_every_panel_is_answered(prometheus):
    for where, question in asked().items():
        assert isinstance(prometheus.answer(question.replace("$service", ".*")), list), where
    leading = "service_worker:cairn_worker_leading:sum{worker='relay'} == 1"
    prometheus.until(lambda: len(prometheus.answer(leading)) == len(SERVICES), "nobody is seen to relay")


def test_alerts_ring_for_who_hangs_and_for_who_is_gone_and_then_no_more(compose, prometheus):
    assert prometheus.ringing().isdisjoint({HUNG, GONE})
    compose.run("pause", HUNG[1])
    compose.run("stop", GONE[1])
    try:
        prometheus.until(lambda: {HUNG, GONE} <= prometheus.ringing(), "nothing rings", RUNG_SECONDS)
        assert ("CairnServiceDown", "reviews") not in prometheus.ringing()
    finally:
        compose.run("unpause", HUNG[1])
        compose.up()
    prometheus.until(lambda: sees_all(prometheus), "not every service is back")
    prometheus.until(lambda: prometheus.ringing().isdisjoint({HUNG, GONE}), "it rings on")
