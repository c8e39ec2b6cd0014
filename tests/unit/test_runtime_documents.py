"""What is written about running the platform is true."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from jobs.settings_table import DOCUMENT, with_tables

ROOT = Path(__file__).parents[2]


def test_every_setting_is_documented_as_it_is_declared() -> None:
    assert DOCUMENT.read_text() == with_tables(DOCUMENT.read_text()), "run: python -m jobs.settings_table"


def test_every_setting_that_compose_hands_on_exists() -> None:
    from shared.settings import Settings

    platform = yaml.safe_load((ROOT / "compose.yaml").read_text())["x-platform"]
    assert {name.lower() for name in platform["environment"]} <= set(Settings.model_fields)


@pytest.mark.parametrize("secret", ["POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY"])
def test_compose_has_no_default_for_a_secret(secret: str) -> None:
    used = re.findall(rf"\$\{{{secret}([^}}]*)}}", (ROOT / "compose.yaml").read_text())
    assert used
    assert all(rest.startswith(":?") for rest in used)


def test_make_help_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    shown = subprocess.run(["make", "-s", "help"], check=True, cwd=ROOT, capture_output=True, text=True).stdout
    assert {line.split()[1] for line in shown.splitlines()} == targets
