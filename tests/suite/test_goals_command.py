"""`cairn goals` shows what a person may see, checks in, and says in a line what is in the way."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pymongo import MongoClient

from tests.suite.house import PROJECT, House
from tests.suite.test_inbound import until, wording


def cairn(house: House, *arguments: str, who: str = "anna") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CAIRN_TOKEN": house.token(house.staff[who])}
    command = [
        sys.executable,
        "-m",
        "deploy.cli",
        "goals",
        *arguments,
        "--url",
        house.addresses.services["goals"],
    ]
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def cairn_here(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a suite on this machine, without a token."""
    environment = {name: value for name, value in os.environ.items() if name != "CAIRN_TOKEN"}
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", "goals", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def agreed(house: House, *, owner: str, by: str, **more: object) -> str:
    body = {**wording(), "title": "Grow [bold]fast[/bold]", "visibility": "everyone", **more}
    goal = house.does("goals", "/goals", body, as_=(house.staff[owner],))
    path = f"/goals/{goal['goal_id']}"
    house.does("goals", f"{path}/proposal", {"to_person_id": house.staff[by]}, as_=(house.staff[owner],))
    house.does("goals", f"{path}/agreement", as_=(house.staff[by],))
    return goal["goal_id"]


def test_a_goal_is_shown_listed_and_found_in_its_tree_and_checked_in_on(house: House) -> None:
    top = agreed(house, owner="ben", by="boss")
    leaf = agreed(house, owner="anna", by="boss", parent_id=top)
    said = cairn(
        house,
        "check-in",
        leaf,
        "--confidence",
        "0.6",
        "--comment",
        "Well.",
        "--blocker",
        "resource:No budget",
    )
    assert (said.returncode, "checked in at 60%" in said.stdout) == (0, True), said.stderr

    def folded_and_seen() -> bool:
        tree = cairn(house, "tree", top)
        return "1 below at 0%" in tree.stdout and "Progress is" in cairn(house, "show", leaf).stdout

    until(folded_and_seen, "the tree does not show what serves the goal")
    tree = cairn(house, "tree", top).stdout
    assert leaf in tree
    assert "Grow [bold]fast[/bold]" in tree
    shown = cairn(house, "show", leaf).stdout
    assert "status: agreed" in shown
    assert "Progress is 0%" in shown
    mine = cairn(house, "mine").stdout
    assert leaf in mine
    assert top not in mine


def test_a_goal_is_shown_before_anybody_has_looked_at_how_it_stands(house: House) -> None:
    goal_id = agreed(house, owner="anna", by="boss")
    with MongoClient[dict[str, Any]](house.addresses.mongo) as client:
        client["cairn_goals"]["outlooks"].delete_one({"_id": goal_id})
    shown = cairn(house, "show", goal_id)
    until_looked = "Nobody has looked at how it stands yet" in shown.stdout or "Progress is" in shown.stdout
    assert (shown.returncode, until_looked) == (0, True), shown.stderr


def test_who_is_nobody_is_told_so_and_not_that_there_are_no_goals(house: House, tmp_path: Path) -> None:
    data = str(Path(house.addresses.logs).parent)
    nobody = cairn_here("mine", "--as", "nobody", "--data", data)
    assert (nobody.returncode, "nobody in the directory has the id nobody" in nobody.stderr) == (1, True)
    extra = cairn_here("mine", "--as", house.ids["person_id"][0], "--data", data)
    assert (extra.returncode, "no goals" in extra.stdout) == (0, True), extra.stderr


def test_goals_go_out_into_a_file_and_come_in_from_one(house: House, tmp_path: Path) -> None:
    goal_id = agreed(house, owner="anna", by="boss", title="=Grow")
    said = cairn(house, "export", "--out", str(tmp_path / "goals.csv"))
    assert said.returncode == 0, said.stderr
    with (tmp_path / "goals.csv").open(newline="") as file:
        rows = {row["goal_id"]: row for row in csv.DictReader(file)}
    assert rows[goal_id]["title"] == "'=Grow"
    packed = cairn(house, "export", "--format", "parquet", "--out", str(tmp_path / "goals.parquet"))
    assert packed.returncode == 0, packed.stderr
    assert pq.read_table(tmp_path / "goals.parquet").num_rows == len(rows)
    file = tmp_path / "plan.csv"
    file.write_text("import_id,title,starts_on,due_on\nplanned,Plan,2026-01-01,2026-03-31\n")
    dry = cairn(house, "import", str(file), "--dry-run", "--json")
    assert (dry.returncode, json.loads(dry.stdout)["drafted"]) == (0, 1), dry.stderr
    real = cairn(house, "import", str(file), "--json")
    assert json.loads(real.stdout)["drafted"] == 1
    assert json.loads(cairn(house, "import", str(file), "--json").stdout)["known"] == 1
    file.write_text("import_id,title,starts_on,due_on\nbad,Plan,soon,2026-03-31\n")
    bad = cairn(house, "import", str(file))
    assert (bad.returncode, "starts_on" in bad.stdout) == (3, True)


def test_what_is_in_the_way_is_told_in_a_line(house: House) -> None:
    private = agreed(house, owner="ben", by="boss", visibility="private")
    hidden = cairn(house, "show", private)
    assert (hidden.returncode, "There is no goal with this id" in hidden.stderr) == (1, True)
    wrong = cairn(house, "check-in", private, "--confidence", "0.5", "--blocker", "budget")
    assert (wrong.returncode, "KIND:WHAT" in wrong.stderr) == (2, True)
    nobody = cairn_here("mine")
    assert (nobody.returncode, "--as PERSON" in nobody.stderr) == (1, True)
    away = cairn(house, "show", private)
    assert "Traceback" not in away.stderr + hidden.stderr + wrong.stderr + nobody.stderr
