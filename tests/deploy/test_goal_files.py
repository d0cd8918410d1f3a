"""`cairn goals export` and `import` against a service that answers as it likes; no engines."""

import io
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from rich.console import Console

from deploy import files_sent

PROJECT = Path(__file__).parents[2]
PROBLEM = {
    "line": 3,
    "column": "title",
    "severity": "error",
    "reason": "It [bold]is\x1b[31m empty.",
    "mend": "Add it.",
}
WARNING = {**PROBLEM, "severity": "warning"}
REPORT = {"dry_run": False, "rows": 4, "drafted": 1, "known": 1, "refused": 1, "goals": [], "problems": []}


class Service(BaseHTTPRequestHandler):
    """Sends chunks and then, if `whole`, the one that ends them; answers imports with `status` and `said`."""

    protocol_version = "HTTP/1.1"
    whole: ClassVar[bool] = True
    status: ClassVar[int] = 200
    said: ClassVar[Any] = REPORT
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"9\r\ngoal_id\r\n\r\n3\r\na\r\n\r\n")
        if self.whole:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(self.said).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        pass


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Service]]:
    kind = type("Asked", (Service,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("GOALS_URL", f"http://127.0.0.1:{server.server_port}")
        yield kind
        server.shutdown()
        thread.join()


def cairn(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [PROJECT / "cairn", "goals", *map(str, arguments), "--url", os.environ["GOALS_URL"]]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "CAIRN_TOKEN": "t"},
    )


def test_an_export_is_printed_or_saved_with_what_is_asked_for(service: type[Service], tmp_path: Path) -> None:
    assert cairn("export", "--owner", "anna").stdout == "goal_id\na\n"
    saved = cairn("export", "--measurements", "--format", "parquet", "--out", tmp_path / "goals")
    assert (saved.returncode, (tmp_path / "goals").read_bytes()) == (0, b"goal_id\r\na\r\n")
    assert service.asked[:2] == [
        "/goals/export?format=csv&owner_id=anna",
        "/goals/export/measurements?format=parquet",
    ]
    assert cairn("export", "--format", "xlsx").returncode == 2
    assert cairn("export", "--plan", "--period", "q1").stdout == "goal_id\na\n"
    assert service.asked[2:] == ["/goals/export?format=csv&period_id=q1&form=plan"]
    assert cairn("export", "--plan", "--format", "parquet").returncode == 2
    assert cairn("export", "--plan", "--measurements").returncode == 2
    lost = cairn("export", "--out", tmp_path / "nowhere" / "goals")
    assert (lost.returncode, "cannot be written" in lost.stderr) == (1, True)


def test_an_export_that_breaks_off_leaves_no_file(service: type[Service], tmp_path: Path) -> None:
    service.whole = False
    (tmp_path / "goals").write_text("the last one")
    told = cairn("export", "--out", tmp_path / "goals")
    assert (told.returncode, "not whole" in told.stderr, "Traceback" in told.stderr) == (1, True, False)
    assert [file.name for file in tmp_path.iterdir()] == ["goals"]
    assert (tmp_path / "goals").read_text() == "the last one"
    assert cairn("export").returncode == 1


@pytest.mark.parametrize(
    ("status", "said", "code", "shown"),
    [
        (200, REPORT, 0, "drafted"),
        (200, {**REPORT, "problems": [WARNING]}, 0, "Add it."),
        (200, {**REPORT, "problems": [PROBLEM]}, 3, "Add it."),
        (200, {**REPORT, "dry_run": True}, 0, "would do"),
        (422, {"detail": "No column.", "problems": [PROBLEM]}, 2, "nothing was imported. No column."),
        (403, {"detail": "You may not."}, 1, "403 You may not"),
        (502, None, 1, "502"),
    ],
)
def test_an_import_tells_what_came_of_it(
    service: type[Service], tmp_path: Path, status: int, said: Any, code: int, shown: str
) -> None:
    service.status, service.said = status, said
    file = tmp_path / "goals.csv"
    file.write_text("import_id\n")
    told = cairn("import", file, "--dry-run", "--all-or-none")
    assert (told.returncode, shown in told.stdout + told.stderr) == (code, True), told
    assert service.asked == ["/goal-imports?dry_run=true&all_or_none=true"]
    assert "\x1b[31m" not in told.stdout
    assert "Traceback" not in told.stderr
    printed = cairn("import", file, "--json")
    assert printed.returncode == code
    if code != 1:
        assert json.loads(printed.stdout)["problems"] == said["problems"]


def test_a_file_that_is_not_there_is_told(service: type[Service], tmp_path: Path) -> None:
    told = cairn("import", tmp_path / "none.csv")
    assert (told.returncode, "cannot be read" in told.stderr) == (1, True)


def test_goals_of_an_import_are_listed_with_their_ids(service: type[Service], tmp_path: Path) -> None:
    goals = [
        {"import_id": "a", "line": 2, "status": "drafted", "goal_id": "goal_1"},
        {"import_id": "b\x1b", "line": 5, "status": "refused", "goal_id": None},
    ]
    service.said = {**REPORT, "goals": goals}
    file = tmp_path / "goals.csv"
    file.write_text("import_id\n")
    lines = cairn("import", file).stdout.splitlines()
    assert "line 2: a drafted, goal_1" in lines
    assert "line 5: b\N{REPLACEMENT CHARACTER} refused" in lines


def test_problems_are_told_in_lines_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), width=40, no_color=True)
    monkeypatch.setattr(files_sent, "out", console)
    files_sent.show_problems([PROBLEM, {**WARNING, "column": None}])
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert all(len(line) <= 40 for line in lines)
    assert {"line 3, title", "line 3"} <= {*lines}
    assert "Add it." in " ".join(" ".join(lines).split())
