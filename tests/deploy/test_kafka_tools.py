import asyncio
import subprocess

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.kafka_tools import MAIN_CLASSES, Tool, tool_command


def test_every_tool_has_its_class():
    assert set(MAIN_CLASSES) == set(Tool)


async def test_kafkas_own_console_consumer_reads_what_was_sent(engines, name):
    admin = AIOKafkaAdminClient(bootstrap_servers=engines.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=engines.kafka) as producer:
        await producer.send_and_wait(name, b'{"a": 1}', key=b"goal_1", headers=[("ce_type", b"goal_closed")])

    wish = ["--bootstrap-server", engines.kafka, "--topic", name, "--from-beginning", "--max-messages", "1"]
    shown = ["--property", "print.key=true", "--property", "print.headers=true", "--timeout-ms", "30000"]
    command = await tool_command(Tool.CONSOLE_CONSUMER, [*wish, *shown])
    told = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout == 'ce_type:goal_closed\tgoal_1\t{"a": 1}\n'
