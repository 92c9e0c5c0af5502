"""The start commands of `examples/deploy`, run as they stand there."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from mnist_estimators import to_onnx
from mnist_estimators.serving._server import open_socket

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "examples" / "deploy"


def _requirements(lines: list[str]) -> dict[str, Requirement]:
    return {Requirement(line).name: Requirement(line) for line in lines}


def _declared() -> tuple[dict[str, Requirement], dict[str, Requirement]]:
    """What the package itself needs, and what serving and ONNX need as well."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    extras = project["optional-dependencies"]
    return (
        _requirements(project["dependencies"]),
        _requirements([*extras["serve"], *extras["onnx"]]),
    )


def _installed() -> dict[str, Requirement]:
    """What the image has."""
    text = (DEPLOY / "requirements.txt").read_text(encoding="utf-8")
    return _requirements(re.findall(r"^[^#\n].*$", text, re.MULTILINE))


def _dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def of_the_dockerfile() -> list[str]:
    command = re.findall(r"^CMD (\[.*\])$", _dockerfile(), re.MULTILINE)[-1]
    return json.loads(command)


def of_the_procfile() -> list[str]:
    line = (DEPLOY / "Procfile").read_text(encoding="utf-8").strip()
    return ["sh", "-c", "exec " + line.removeprefix("web: ")]


def of_systemd() -> list[str]:
    unit = (DEPLOY / "digits.service").read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1]
    # Its environment lies in /opt/digits, and its port is its own.
    command = command.removeprefix("/opt/digits/bin/").replace("8000", "$PORT")
    return ["sh", "-c", "exec " + command]


@pytest.fixture(scope="module")
def model_folder(classifier, tmp_path_factory):
    """A folder with digits.onnx in it, as beside the Dockerfile."""
    folder = tmp_path_factory.mktemp("srv")
    to_onnx(classifier, folder / "digits.onnx")
    return folder


@pytest.fixture
def environment(tmp_path):
    """The commands of the image; importing what it does not have fails."""
    for name, module in (("mnist-estimators", "mnist_estimators"), ("python", None)):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        options = "" if module is None else f" -m {module}"
        path.write_text(
            f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{options} "$@"\n'
        )
        path.chmod(0o755)
    site = tmp_path / "site"
    site.mkdir()
    names = _declared()[0].keys() - _installed().keys()
    assert {"tensorflow", "keras"} <= names
    absent = ["yaml" if name == "pyyaml" else name for name in sorted(names)]
    (site / "sitecustomize.py").write_text(
        f"import sys\nsys.modules.update(dict.fromkeys({absent}))\n"
    )
    with open_socket("127.0.0.1", 0) as free:
        port = str(free.getsockname()[1])
    return os.environ | {
        "PATH": f"{path.parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{site}:{ROOT}",
        "PORT": port,
    }


@pytest.mark.parametrize("command", [of_the_dockerfile, of_the_procfile, of_systemd])
def test_the_start_command_serves_and_ends_gracefully(
    command, model_folder, environment, small_digits
):
    url = f"http://127.0.0.1:{environment['PORT']}"
    body = json.dumps({"images": small_digits[0][:1].tolist()}).encode()
    server = subprocess.Popen(command(), cwd=model_folder, env=environment)
    try:
        _wait_for(f"{url}/health", server)
        request = urllib.request.Request(
            f"{url}/predict", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert json.load(answer)["pictures"][0]["text"] == "0"
        check = json.loads(
            re.search(r"HEALTHCHECK.*?CMD (\[.*?\])$", _dockerfile(), re.M | re.S)[1]
        )
        subprocess.run(check, env=environment, check=True, timeout=20)
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) in {0, -signal.SIGTERM}
    finally:
        server.kill()
        server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                assert answer.status == 200
            return
        except urllib.error.URLError:
            time.sleep(0.1)
    pytest.fail("the server did not start")


def test_the_image_runs_as_a_user_without_rights():
    last_stage = _dockerfile().split("\nFROM ")[-1]

    assert re.search(r"^USER digits$", last_stage, re.MULTILINE)
    assert "HEALTHCHECK" in last_stage


def test_what_the_image_installs_is_what_the_package_declares():
    own, extra = _declared()

    for name, requirement in _installed().items():
        assert (own | extra)[name] == requirement
    assert extra.keys() <= _installed().keys()


def test_cloud_run_starts_the_image_at_the_port_that_it_listens_at():
    (container,) = yaml.safe_load((DEPLOY / "cloud-run.yaml").read_text())["spec"][
        "template"
    ]["spec"]["containers"]

    assert "command" not in container
    assert f"EXPOSE {container['ports'][0]['containerPort']}\n" in _dockerfile()
