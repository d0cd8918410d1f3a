"""What the images' packages are: `python -m deploy.dependencies` writes the bills, `--check` looks at both.

The bill of materials of an image is CycloneDX 1.6, made from the hashed locks, and travels in the image.
`--check` says when one is stale, and asks for known vulnerabilities of all locked versions, of tests and this
machine too: one that is known fails; where no advisories can be reached it says so, and that nothing was
audited.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

ROOT: Final = Path(__file__).parent.parent
RUNTIME, TRIAL, LOCAL, DEV = (
    ROOT / "requirements" / f"{part}.lock" for part in ("runtime", "trial", "local", "dev")
)
LOCKS: Final = (RUNTIME, TRIAL, LOCAL, DEV)
BILLS: Final[Mapping[Path, Sequence[Path]]] = {
    ROOT / "deploy" / "docker" / "sbom.cdx.json": (RUNTIME,),
    ROOT / "deploy" / "docker" / "sbom-trial.cdx.json": (RUNTIME, TRIAL),
}
"""The bill of each image, and the locks that it is built from."""
AUDIT_SECONDS: Final = 60
component: Any = Component  # their constructors are made by a decorator, and not known to type checkers
bill_of: Any = Bom


def locked(locks: Iterable[Path] = LOCKS) -> Sequence[tuple[str, str]]:
    """The name and version of every package of these locks, by name."""
    lines = (line for lock in locks for line in lock.read_text().splitlines())
    required = [
        Requirement(line.removesuffix("\\").strip())
        for line in lines
        if line and not line.startswith(("#", " ", "-"))
    ]
    return sorted({(each.name, next(iter(each.specifier)).version) for each in required})


def bill(locks: Iterable[Path]) -> str:
    """The bill of materials as JSON; the same for the same locks."""
    components = [
        component(
            name=name,
            version=version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", name=name, version=version),
            bom_ref=f"{name}=={version}",
        )
        for name, version in locked(locks)
    ]
    made: dict[str, Any] = json.loads(JsonV1Dot6(bill_of(components=components)).output_as_string())
    # When it was made, and a random number: they would make it stale at once.
    for name in ("serialNumber", "metadata"):
        made.pop(name, None)
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def audited(locks: Iterable[Path] = LOCKS) -> tuple[Sequence[str], str]:
    """The known vulnerabilities of the locks' packages, and why there was no telling, or nothing."""
    files = [word for lock in locks for word in ("-r", str(lock))]
    asked = ["--disable-pip", "--require-hashes", *files, "--format", "json"]
    asked = [sys.executable, "-m", "pip_audit", *asked, "--progress-spinner", "off", "--timeout", "5"]
    try:
        ran = subprocess.run(asked, capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return [], f"no answer within {AUDIT_SECONDS} s"
    return read_audit(ran.stdout)


def read_audit(answer: str) -> tuple[Sequence[str], str]:
    """What pip-audit's JSON says, in the same form."""
    try:
        packages: Sequence[Any] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        return [], "no advisories can be reached"
    found = [
        f"{each['name']} {each['version']}: {fault['id']}"
        f", mended in {', '.join(fault['fix_versions']) or 'no version yet'}"
        for each in packages
        for fault in each.get("vulns", ())
    ]
    skipped = [str(each["name"]) for each in packages if "skip_reason" in each]
    if len(skipped) == len(packages):
        return found, "no advisories can be reached"
    return found, f"nothing is known of {', '.join(skipped)}" if skipped else ""


def main(arguments: Sequence[str]) -> int:
    """Write the bills, or say what is wrong with them and with what is locked."""
    if "--check" not in arguments:
        for path, locks in BILLS.items():
            path.write_text(bill(locks))
        return 0
    complaints = [
        f"{path.relative_to(ROOT)} is stale; run make schemas"
        for path, locks in BILLS.items()
        if not path.exists() or path.read_text() != bill(locks)
    ]
    vulnerable, why_not = audited()
    complaints += vulnerable
    if why_not:
        print(f"dependencies were not audited: {why_not}", file=sys.stderr)
    print(*complaints, sep="\n", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
