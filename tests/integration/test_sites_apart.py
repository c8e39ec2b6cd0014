"""Each site stands on shared alone: what is left of the platform may be missing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = """
import importlib.util, sys
assert not any(importlib.util.find_spec(name) for name in ("jobs", {other!r})), "the folder holds more than this site"
import shared.web.server  # what gunicorn is configured by
from {site}.wsgi import server
"""


@pytest.mark.parametrize(("site", "other"), [("cmo_app", "bi_app"), ("bi_app", "cmo_app")])
def test_a_site_starts_where_only_it_and_shared_are_installed(site: str, other: str, tmp_path: Path) -> None:
    for package in ("shared", site):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {"PATH": "/usr/bin", "DATABASE_URL": "postgresql+psycopg2://x:x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1", "SECRET_KEY": "s" * 40, "SECURE_COOKIES": "0"}
    done = subprocess.run([sys.executable, "-c", CODE.format(site=site, other=other)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
