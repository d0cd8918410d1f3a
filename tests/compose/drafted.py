"""A goal that somebody drafts, and what the topics say of it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.live.client import SuiteClient
from deploy.live.quarter import IMPORTER, import_people
from deploy.local.steps import Silent
from deploy.sample.organisation import write_csv
from tests.compose.stack import Compose

TITLE = "Answer every customer within a day"
CONSUMER = "/opt/kafka/bin/kafka-console-consumer.sh"
READER = "/run/cairn/keys/analyst.properties"


async def drafted_goal(client: SuiteClient, directory: Path) -> str:
    """The id of a new goal of somebody who has just been imported."""
    await import_people(client, write_csv(directory / "people.csv"), Silent())
    (somebody, *_) = (await client.read("people", "/people", as_person=IMPORTER, limit=1))["items"]
    today = datetime.now(UTC).date()
    goal = await client.do(
        "draft_goal",
        method="POST",
        service="goals",
        path="/goals",
        as_person=somebody["person_id"],
        at=datetime.now(UTC),
        key="draft",
        body={
            "title": TITLE,
            "starts_on": today.isoformat(),
            "due_on": (today + timedelta(days=90)).isoformat(),
        },
    )
    return goal["goal_id"]


def events_of(compose: Compose, goal_id: str) -> Sequence[str]:
    """The types of a goal's events, read by Kafka's own consumer in the broker's container."""
    arguments = ["--bootstrap-server", "kafka:9092", "--consumer.config", READER]
    arguments += ["--topic", "cairn.goals.events", "--from-beginning"]
    log = compose.inside("kafka", CONSUMER, *arguments, "--timeout-ms", "60000", seconds=240)
    return [event["type"] for event in map(json.loads, log.splitlines()) if event["goal_id"] == goal_id]
