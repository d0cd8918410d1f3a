"""Where keys cannot be made nothing starts that needs them."""

from tests.compose.stack import FOR_REAL, Compose

BROKEN = """
services:
  keys: {command: ["false"]}
"""

pytestmark = FOR_REAL


def test_nothing_that_needs_keys_starts_when_they_cannot_be_made(compose, tmp_path):
    (tmp_path / "broken.yml").write_text(BROKEN)
    keyless = Compose("cairn-keyless", files=("docker-compose.yml", str(tmp_path / "broken.yml")), ports="88")
    keyless.environment["CAIRN_PORTS"] = "88"
    try:
        ended = keyless.ask("up", "--detach", seconds=300)
        assert ended.returncode != 0
        assert "keys" in ended.stderr
        started = {name for name, state in keyless.states().items() if state["State"] != "created"}
        assert started == {"keys"}
    finally:
        keyless.down("--volumes")
