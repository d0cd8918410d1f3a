import hashlib
import sys
import time
from pathlib import Path

import pytest

from deploy.local import jars
from deploy.local.errors import JarsError

NAMES = ("org/a/1/a-1.jar", "org/b/2/b-2.jar")
WANTED = {name: hashlib.sha256(name.encode()).hexdigest() for name in NAMES}
WRITE = """
import sys
from pathlib import Path
for name in sys.argv[2:]:
    jar = Path(sys.argv[1], name)
    jar.parent.mkdir(parents=True)
    jar.write_text(name + "{suffix}")
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of this test, a manifest of two small jars, and a way to say what the download does."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(jars, "manifest", lambda: WANTED)
    return jars.cache_directory()


def download_by(monkeypatch, code: str) -> None:
    monkeypatch.setattr(jars, "FETCHER", (sys.executable, "-c", code))


def test_manifest_names_the_broker_and_its_tools_once_each_by_sha256():
    names = [Path(name).name for name in jars.manifest()]
    assert len(names) == len(set(names)) == 47
    assert {"kafka_2.13-4.1.1.jar", "kafka-clients-4.1.1.jar", "kafka-tools-4.1.1.jar"} <= set(names)
    assert all(len(digest) == 64 for digest in jars.manifest().values())


async def test_jars_are_downloaded_once_and_then_taken_from_the_cache(cache, monkeypatch):
    download_by(monkeypatch, WRITE.format(suffix=""))
    first = await jars.kafka_jars()
    download_by(monkeypatch, "raise SystemExit('not again')")
    assert await jars.kafka_jars() == first == [cache / name for name in NAMES]


async def test_tampered_download_is_refused_and_not_kept(cache, monkeypatch):
    download_by(monkeypatch, WRITE.format(suffix="!"))
    with pytest.raises(JarsError, match=r"a-1\.jar .* is not the file of the release"):
        await jars.kafka_jars()
    assert not cache.exists()
    assert [path.name for path in cache.parent.iterdir()] == ["lock"]


async def test_jar_altered_in_the_cache_is_refused_at_the_next_start(cache, monkeypatch):
    download_by(monkeypatch, WRITE.format(suffix=""))
    await jars.kafka_jars()
    (cache / NAMES[1]).write_text("evil")
    with pytest.raises(JarsError, match=rf"b-2\.jar in {cache} is not the file.*Delete {cache}"):
        await jars.kafka_jars()


async def test_jar_missing_from_the_cache_is_told(cache, monkeypatch):
    download_by(monkeypatch, WRITE.format(suffix=""))
    await jars.kafka_jars()
    (cache / NAMES[0]).unlink()
    with pytest.raises(JarsError, match=rf"a-1\.jar is missing from {cache}"):
        await jars.kafka_jars()


async def test_failed_download_is_told_by_its_last_line(cache, monkeypatch):
    download_by(monkeypatch, "raise SystemExit('first\\nno route to the repository')")
    with pytest.raises(JarsError, match="could not be fetched: no route to the repository"):
        await jars.kafka_jars()
    assert not cache.exists()


async def test_download_that_never_ends_is_given_up(cache, monkeypatch):
    download_by(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(jars, "FETCH_SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(JarsError, match="not done within"):
        await jars.kafka_jars()
    assert time.monotonic() - began < 40


async def test_machine_without_a_network_is_told_so(cache, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(JarsError, match=r"could not be fetched: .*Let this machine reach"):
        await jars.kafka_jars()


async def test_unwritable_cache_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(JarsError, match="XDG_CACHE_HOME"):
        await jars.kafka_jars()
