"""What takes long to import is imported ahead, and what is missing takes nothing else along."""

import sys

import pytest

from shared.analysis.ahead import import_ahead


def test_a_library_that_is_missing_is_said_and_the_others_are_loaded(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    timer = import_ahead(0.0, ("no_such_library", "colorsys"))
    timer.join(10)
    assert timer.daemon
    assert "colorsys" in sys.modules
    assert "no_such_library cannot be imported" in caplog.text
