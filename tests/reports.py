"""What is reported of a test that passes."""

from __future__ import annotations

import pytest
from _pytest.runner import runtestprotocol


class Reports:
    """A plugin of test processes that report to another: of a test that passes, they report that it has passed.

    By itself, pytest also reports that its fixtures were made and that they were taken away, and pytest-xdist takes
    as long to send each report as many a test takes. With `-q`, nobody is told either that a test begins or ends.
    """

    @pytest.hookimpl
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        names_tests = item.config.option.verbose >= 0
        if names_tests:
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        has_passed = all(report.passed for report in reports)
        for report in reports:
            if report.when == "call" or not has_passed:
                item.ihook.pytest_runtest_logreport(report=report)
        if names_tests:
            item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True
