"""The clients of JavaScript: each script talks to the same running server, as an integrator's would."""

from __future__ import annotations

import subprocess

import pytest

from tests.clients.conftest import HERE, Service, environment_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clients")]


@pytest.mark.parametrize("name", ["fhir-kit-client", "medplum"])
def test_script(service: Service, node: str, family: str, name: str) -> None:
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", f"{name}.test.mjs"],
        cwd=HERE,
        env=environment_of(service, family),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    passed = [line for line in done.stdout.splitlines() if line.startswith("# pass")]
    assert passed and int(passed[0].split()[-1]) >= 8, done.stdout[-3000:]
