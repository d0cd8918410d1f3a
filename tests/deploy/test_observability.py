"""Alerts and dashboards ask for what there is, and each alert is known to ring."""

import importlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse

from deploy.local.services import SERVICES
from deploy.observability import dashboards
from shared.metrics import Metrics
from shared.service import Service

RULES = Path(dashboards.__file__).parent / "rules"
RECORDING, ALERTS, TESTS = (
    yaml.safe_load((RULES / f"{name}.yml").read_text()) for name in ("recording", "alerts", "tests")
)
MEASURED = re.compile(r"\b(?:cairn|process)_[a-z_]+\b|\b[a-z_]+:cairn_[a-z_]+:[a-z0-9_]+\b")


def rules(document: Any, kind: str) -> dict[str, Any]:
    found = [rule for group in document["groups"] for rule in group["rules"]]
    assert all(kind in rule for rule in found)
    return {rule[kind]: rule for rule in found}


def measured() -> set[str]:
    """The names of all samples that a service may have."""
    names = set[str]()
    for family in Metrics("goals").registry.collect():
        if family.type == "counter":
            names.add(f"{family.name}_total")
        elif family.type == "histogram":
            names |= {f"{family.name}_{end}" for end in ("bucket", "count", "sum")}
        else:
            names.add(family.name)
    return names


def asked() -> dict[str, str]:
    """Every expression, by where it stands."""
    found = {name: rule["expr"] for name, rule in rules(RECORDING, "record").items()}
    found |= {name: rule["expr"] for name, rule in rules(ALERTS, "alert").items()}
    for title, panels in dashboards.DASHBOARDS.values():
        found |= {f"{title}, {each.title}": each.asks for each in panels}
    return found


@pytest.mark.parametrize("where", asked())
def test_nothing_is_asked_for_that_no_service_measures(where: str) -> None:
    there = measured() | set(rules(RECORDING, "record"))
    names = set(MEASURED.findall(asked()[where]))
    assert names <= there, names - there
    assert names or "up{" in asked()[where]


def test_what_lasts_as_long_as_it_is_read_is_not_slow_and_nothing_else_is_left_out() -> None:
    told = rules(RECORDING, "record")["service:cairn_http_slow:ratio5m"]["expr"]
    [left_out] = set(re.findall(r'route!~"([^"]+)"', told))
    lasting, others = set[str](), {"/livez-not", "/inbox/streams"}
    for name in SERVICES:
        service: Service = importlib.import_module(f"services.{name}.app").SERVICE
        for route in service.api().routes:
            if isinstance(route, APIRoute):
                streams = any(
                    route.response_class is each for each in (StreamingResponse, EventSourceResponse)
                )
                (lasting if streams else others).add(route.path_format)
    assert lasting >= {"/inbox/stream", "/goals/export"}
    assert {each for each in lasting | others if re.fullmatch(left_out, each)} == lasting


def test_every_alert_says_how_bad_it_is_what_it_means_and_where_to_look() -> None:
    for name, rule in rules(ALERTS, "alert").items():
        assert rule["labels"]["severity"] in {"page", "ticket"}, name
        assert set(rule["annotations"]) == {"summary", "look"}, name


def test_every_alert_is_made_to_ring_by_a_test() -> None:
    rung = {
        case["alertname"]
        for test in TESTS["tests"]
        for case in test.get("alert_rule_test", ())
        if case["exp_alerts"]
    }
    assert rung == set(rules(ALERTS, "alert"))


def test_rules_are_right_and_ring_as_their_tests_say() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not on this machine; `make test-compose` runs it in the container")
    for arguments in (["check", "rules", "recording.yml", "alerts.yml"], ["test", "rules", "tests.yml"]):
        ended = subprocess.run(
            [promtool, *arguments], cwd=RULES, capture_output=True, text=True, timeout=300, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_dashboards_are_what_grafana_takes() -> None:
    for path, text in dashboards.written():
        found = json.loads(text)
        assert path.stem == found["uid"]
        assert len({panel["id"] for panel in found["panels"]}) == len(found["panels"])
        places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in found["panels"]}
        assert len(places) == len(found["panels"])
        for panel in found["panels"]:
            assert panel["title"]
            assert panel["targets"][0]["expr"]
            assert panel["datasource"]["uid"] == "cairn-prometheus"
