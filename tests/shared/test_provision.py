"""What services stand on is made before they start, as often as one likes."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from pymongo import IndexModel
from structlog.testing import capture_logs

from services.goals.app import SERVICE
from shared import mongo, provision
from shared.contracts.catalogue import all_topics
from shared.messaging import topics
from shared.messaging.envelope import topic_of
from shared.messaging.topics import missing_topics
from shared.runtime import ENGINE_COLLECTIONS
from shared.service import Service
from shared.settings import Settings, read
from tests.topic_settings import set_for


def settings_for(engines: Any, name: str, **others: Any) -> Settings:
    given = {
        "mongo_url": engines.mongo,
        "mongo_database": name,
        "kafka_bootstrap": engines.kafka,
        "oidc_issuer": "http://localhost/issuer",
    }
    return read("goals", **given | others)


async def test_topics_of_all_contracts_are_made_and_found_again(engines, name):
    settings = settings_for(engines, name)
    names = {topic_of(kind) for kind in all_topics()}
    first = await provision.provision_topics(settings)
    assert {topic.name for topic in first} == names
    assert not await missing_topics(settings, names)
    again = await provision.provision_topics(settings)
    assert not any(topic.made for topic in again)


async def test_what_an_operator_has_set_for_a_topic_stays_but_what_is_ours(engines, name):
    settings = settings_for(engines, name)
    topic = topics.Topic(name, topics.EVENTS_CONFIG)
    await topics.provision(settings, [topic])
    theirs = {"max.message.bytes": "2000000", "retention.ms": "1"}
    await topics.provision(settings, [topics.Topic(name, {**topic.config, **theirs})])
    await topics.provision(settings, [topic])
    ours = {**topic.config, "min.insync.replicas": "1"}
    assert await set_for(settings, name) == {**theirs, **ours}


async def test_a_configuration_that_kafka_refuses_is_told(engines, name):
    settings = settings_for(engines, name)
    topic = topics.Topic(name, topics.EVENTS_CONFIG)
    await topics.provision(settings, [topic])
    with pytest.raises(KafkaError, match=name):
        await topics.provision(settings, [replace(topic, config={**topic.config, "retention.ms": "long"})])


async def test_kafka_out_of_reach_is_told_when_patience_ends(engines, name):
    settings = settings_for(engines, name, kafka_bootstrap="127.0.0.1:1")
    with pytest.raises(KafkaError):
        await provision.provision_topics(settings, patience=0)


async def test_database_of_a_service_is_made_and_made_again_the_same(engines, name):
    settings = settings_for(engines, name)
    await provision.provision_database(SERVICE, settings)
    first = await indexes(engines.mongo, name)
    await provision.provision_database(SERVICE, settings)
    assert await indexes(engines.mongo, name) == first
    assert set(ENGINE_COLLECTIONS) | set(SERVICE.collections) <= set(first)
    wanted = {name: [each.document["name"] for each in made] for name, made in SERVICE.collections.items()}
    for collection, names in wanted.items():
        assert set(names) <= set(first[collection])


async def test_an_index_that_changed_without_a_new_name_is_told_at_once(engines, name):
    settings = settings_for(engines, name)
    await provision.provision_database(older(SERVICE), settings)
    changed = replace(SERVICE, collections={"goals": [IndexModel("title", name="of_old")]})
    with pytest.raises(mongo.IndexChangedError, match=rf"{name}\.goals .*of_old.* name of its own"):
        await provision.provision_database(changed, settings)


def older(service: Service) -> Service:
    """A service that has one index more."""
    more = {**service.collections, "goals": [*service.collections["goals"], IndexModel("old", name="of_old")]}
    return replace(service, collections=more)


async def test_retired_indexes_go_when_it_is_said_and_no_others(engines, name, monkeypatch):
    settings = settings_for(engines, name)
    await provision.provision_database(older(SERVICE), settings)
    retiring = replace(SERVICE, retired={"goals": ["of_old", "gone_already"], "no_collection": ["x"]})
    await provision.provision_database(retiring, settings)
    before = await indexes(engines.mongo, name)
    assert "of_old" in before["goals"], "older processes still ask for it"
    monkeypatch.setattr(provision, "_service", lambda _: retiring)
    monkeypatch.setattr(provision, "load", lambda _: settings)
    for _ in range(2):
        await provision._drop_retired(["services.goals"])
        after = await indexes(engines.mongo, name)
        assert set(before["goals"]) - set(after["goals"]) == {"of_old"}
        assert {**after, "goals": before["goals"]} == before


async def test_a_service_is_migrated_when_it_is_said(engines, name, monkeypatch):
    monkeypatch.setattr(provision, "load", lambda _: settings_for(engines, name))
    with capture_logs() as lines:
        await provision._migrate(["services.goals"])
    wanted = [each.name for each in SERVICE.migrations]
    assert wanted
    assert [line["migration"] for line in lines if line["event"] == "migrated"] == wanted


async def indexes(url: str, name: str) -> Mapping[str, Sequence[str]]:
    async with mongo.connect(url) as client:
        database = mongo.database(client, name)
        names = sorted(await database.list_collection_names())
        return {each: sorted(await database[each].index_information()) for each in names}


def test_engine_out_of_reach_ends_with_a_code_that_says_try_again(monkeypatch):
    async def unreachable(_settings: Settings) -> Sequence[Any]:
        raise KafkaError("nobody there")

    monkeypatch.setattr(provision, "provision_topics", unreachable)
    monkeypatch.setattr(provision, "configure", lambda **_: None)
    monkeypatch.setenv("CAIRN_MONGO_URL", "mongodb://127.0.0.1:1")
    monkeypatch.setenv("CAIRN_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("CAIRN_OIDC_ISSUER", "http://localhost/issuer")
    with capture_logs() as lines:
        assert provision.main(["topics"]) == os.EX_TEMPFAIL
    assert "nobody there" in lines[-1]["error"]
