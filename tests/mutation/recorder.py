"""A plugin of pytest that records which lines each test runs, and how long it takes."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import Coverage

PACKAGE = Path("mnist_estimators").resolve()

coverage = Coverage(data_file=None, include=[f"{PACKAGE}/*"], config_file=False)
coverage.start()
seconds: dict[str, float] = {}
failed: set[str] = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    coverage.switch_context(item.nodeid)
    result = yield
    coverage.switch_context("")
    return result


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    seconds[report.nodeid] = seconds.get(report.nodeid, 0) + report.duration
    if report.outcome != "passed":
        failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    coverage.stop()
    data = coverage.get_data()
    lines = {
        str(Path(file).relative_to(PACKAGE.parent)): {
            line: sorted({*tests} - {"", *failed})
            for line, tests in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
    content = json.dumps({"seconds": seconds, "lines": lines})
    Path(os.environ["COVERAGE_MAP"]).write_text(content)
