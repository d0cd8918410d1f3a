"""The bill of materials is the lock, and what is known to be vulnerable is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy import dependencies
from deploy.dependencies import BILLS, LOCKS, ROOT, bill, locked, main, read_audit


def audit(**found: dict[str, Any]) -> str:
    return json.dumps({"dependencies": [{"name": name, **said} for name, said in found.items()]})


FAULT = {"id": "PYSEC-2026-1", "fix_versions": ["1.2", "2.0"]}


@pytest.mark.parametrize("path", BILLS, ids=lambda path: path.name)
def test_a_bill_lists_every_locked_package_and_no_address(path: Path) -> None:
    text = bill(BILLS[path])
    listed = {(each["name"], each["version"]) for each in json.loads(text)["components"]}
    assert listed == set(locked(BILLS[path]))
    assert any(name == "aiokafka" for name, _ in listed)
    assert "https://" not in text.replace("http://cyclonedx.org/schema", "")
    assert bill(BILLS[path]) == text
    assert path.read_text() == text


def test_each_image_has_the_bill_of_the_locks_that_it_installs() -> None:
    *_, service, trial = (ROOT / "deploy/docker/Dockerfile").read_text().split("\nFROM ")
    ours, whole = (set(locked(locks)) for locks in BILLS.values())
    assert ("typer" in dict(ours), "typer" in dict(whole)) == (False, True)
    assert ours < whole
    for stage, path in zip((service, trial), BILLS, strict=True):
        assert f"COPY {path.relative_to(ROOT)} sbom.cdx.json" in stage


def test_no_package_is_locked_in_two_versions_nor_is_a_lock_left_out() -> None:
    assert len(dict(locked())) == len(locked())
    assert {*LOCKS} == {*(ROOT / "requirements").glob("*.lock")}


@pytest.mark.parametrize(
    ("answer", "found", "why"),
    [
        (audit(one={"version": "1", "vulns": []}), [], ""),
        (audit(one={"version": "1", "vulns": [FAULT]}), ["one 1: PYSEC-2026-1, mended in 1.2, 2.0"], ""),
        (
            audit(one={"version": "1", "vulns": [{**FAULT, "fix_versions": []}]}),
            ["one 1: PYSEC-2026-1, mended in no version yet"],
            "",
        ),
        (audit(one={"skip_reason": "not found"}), [], "no advisories can be reached"),
        (audit(one={"version": "1", "vulns": []}, two={"skip_reason": "?"}), [], "nothing is known of two"),
        ("", [], "no advisories can be reached"),
        ("{}", [], "no advisories can be reached"),
    ],
)
def test_an_audit_says_what_is_known_and_what_is_not(answer: str, found: list[str], why: str) -> None:
    assert read_audit(answer) == (found, why)


@pytest.mark.parametrize(("found", "code"), [([], 0), (["one 1: PYSEC-2026-1"], 1)])
def test_only_what_is_known_fails_a_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: list[str], code: int
) -> None:
    monkeypatch.setattr(dependencies, "audited", lambda: (found, "" if found else "offline"))
    assert main(["--check"]) == code
    said = capsys.readouterr().err
    assert ("not audited: offline" in said) == (not found)
    assert all(each in said for each in found)


def test_a_stale_bill_fails_a_check(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(dependencies, "audited", lambda: ([], ""))
    monkeypatch.setattr(dependencies, "ROOT", tmp_path)
    bills = {tmp_path / name: locks for name, locks in zip("ab", BILLS.values(), strict=True)}
    monkeypatch.setattr(dependencies, "BILLS", bills)
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0
    (tmp_path / "b").write_text((tmp_path / "a").read_text())
    assert main(["--check"]) == 1
