"""`make check`: style, types, layers, container files and unit tests, side by side."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

BIN = Path(sys.executable).parent
_COMPOSE = {"POSTGRES_PASSWORD": "x" * 16, "SECRET_KEY": "x" * 32, "REDIS_PASSWORD": "x" * 16, "IMAGE": "northline-bi:check"}
"""Stand-ins for what a company must set: the check is about the file."""

CHECKS: dict[str, list[str]] = {
    "types (mypy)": [str(BIN / "mypy")],
    "unit tests (pytest)": [sys.executable, "-m", "pytest", "-q", "--no-header", "tests/unit"],
    "layers (import-linter)": [str(BIN / "lint-imports"), "--no-logo"],
    "style (ruff)": [str(BIN / "ruff"), "check", "--quiet", "--output-format=concise"],
    "compose.yaml (compose config)": [str(BIN / "docker-compose"), "--env-file", os.devnull, "-f", "compose.yaml", "--profile", "*", "config", "-q"],
    "Dockerfile (hadolint)": [str(BIN / "hadolint"), "Dockerfile"],
}


def main() -> int:
    """Run all checks, say how each went as it ends, then show what the failed ones said."""
    console = Console(highlight=False, soft_wrap=True)
    begun = time.monotonic()
    with ThreadPoolExecutor(max_workers=3) as pool:
        running = {name: pool.submit(_run, command) for name, command in CHECKS.items()}
        results = {}
        for name, future in running.items():
            code, said, seconds = future.result()
            results[name] = (code, said)
            console.print(f"{'[green]passed[/green]' if code == 0 else '[red]failed[/red]'}  {name}  [dim]{seconds:.1f} s[/dim]")
    for name, (code, said) in results.items():
        if code:
            console.print(f"\n[bold red]{name}[/bold red]")
            console.print(said.strip(), markup=False)
    failed = [name for name, (code, _) in results.items() if code]
    console.print(f"\n{len(failed)} of {len(CHECKS)} checks failed." if failed else f"All {len(CHECKS)} checks passed in {time.monotonic() - begun:.1f} s.")
    return 1 if failed else 0


def _run(command: list[str]) -> tuple[int, str, float]:
    begun = time.monotonic()
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**_COMPOSE, **os.environ})
    return done.returncode, done.stdout, time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
