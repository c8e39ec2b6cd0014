"""Workers of scheduled delivery that are killed in any step, and many at once: every mail once."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from shared.delivery.planning import plan_due
from shared.delivery.running import deliver_due
from shared.mail import Post
from shared.settings import Settings
from shared.warehouse import delivery_outbox as outbox
from tests.integration.delivering import DUE, World, world_over

ROOT = Path(__file__).parents[2]


@pytest.fixture
def world(database: Callable[..., Settings], tmp_path: Path) -> Iterator[World]:
    with world_over(database, tmp_path) as made:
        yield made


KILLERS = {
    "before the run is planned": ("shared.delivery.planning.outbox.add_run", "before"), "after it is planned, before the commit": ("shared.delivery.planning.store.plan_next", "after"),
    "before the outbox is written": ("shared.delivery.opening.outbox.add_mails", "before"), "after the outbox is written, before the commit": ("shared.delivery.opening.outbox.run_opened", "after"),
    "before the document is drawn": ("shared.delivery.rendering.draw", "before"), "after it is drawn": ("shared.delivery.rendering.draw", "after"),
    "after it is kept, before the commit": ("shared.delivery.rendering.outbox.copy_made", "after"), "before the mail is sent": ("shared.mail.Post.send", "before"),
    "after the server took the mail": ("shared.mail.Post.send", "after"), "after that is noted, before the commit": ("shared.delivery.posting.outbox.mail_sent", "after"), "before the run ends": ("shared.delivery.posting.outbox.run_ended", "before"),
}
WORKER = """
    import importlib, os, signal, sys
    from tests.integration.delivering import DUE, Sheets
    from shared.delivery.rendering import Studio
    from shared.delivery.running import deliver_due
    from shared.metrics.exact import ExactAsk
    from shared.settings import load_settings
    from shared.warehouse.engines import Engines
    settings, (target, when, at) = load_settings(), sys.argv[1:]
    engines = Engines(settings)
    parts = target.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            holder = importlib.import_module(".".join(parts[:cut]))
            break
        except ModuleNotFoundError:
            continue
    for part in parts[cut:-1]:
        holder = getattr(holder, part)
    real, calls = getattr(holder, parts[-1]), []
    def dying(*arguments, **named):
        calls.append(1)
        if len(calls) == int(at):
            if when == "after":
                real(*arguments, **named)
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    setattr(holder, parts[-1], dying)
    deliver_due(engines, settings, Studio(Sheets().sources, ExactAsk(engines, settings), settings), lambda: DUE)
"""


def environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": settings.database_url.get_secret_value(), "REDIS_URL": settings.redis_url.get_secret_value(), "SECRET_KEY": "s" * 48, "SECURE_COOKIES": "0",
            "SMTP_URL": settings.smtp_url.get_secret_value(), "DEMO_MODE": "1", "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def deadly(database: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all who are killed; each works on a schedule of their own."""
    with world_over(database, tmp_path_factory.mktemp("deadly")) as made:
        yield made


@pytest.mark.parametrize("where", KILLERS)
def test_whoever_is_killed_in_whichever_step_everybody_gets_one_mail(deadly: World, where: str) -> None:
    world = deadly
    for mail in world.folder.glob("*.eml"):
        mail.unlink()
    world.moment = DUE - timedelta(hours=1)
    number = world.schedule(f"person:{world.boss.id}", f"person:{world.one.id}", f"person:{world.two.id}")
    second = "2" if where.startswith(("before the mail", "after the server", "after that")) else "1"
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(WORKER), *KILLERS[where], second], cwd=ROOT, env=environment(world.settings), timeout=90, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    world.deliver(DUE + timedelta(minutes=1))
    world.deliver(DUE + timedelta(minutes=2))
    assert world.to() == ["boss", "one", "two"]
    assert len({mail["Message-ID"] for mail in world.mails()}) == 3
    assert world.rows(f"SELECT state, count(*) FROM app.delivery_mail WHERE delivery_id = {number} GROUP BY state") == [("sent", 3)]
    assert world.rows(f"SELECT state FROM app.delivery_run WHERE delivery_id = {number}") == [("done",)]
    world.care.remove(world.boss, number)


def test_many_workers_at_once_send_each_mail_once_and_draw_each_scope_once(world: World) -> None:
    for _ in range(6):
        world.schedule(f"person:{world.boss.id}", "role:branch_manager")
    sent: list[str] = []
    real, send = outbox.mail_sent, Post.send

    def slowly(post: Post, mail: EmailMessage) -> None:
        time.sleep(0.05)  # so that the others come while one holds it
        send(post, mail)

    with ThreadPoolExecutor(4) as pool:
        planned = sum(pool.map(lambda _: plan_due(world.engines, lambda: DUE), range(4)))
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(4) as pool:
        patch.setattr(Post, "send", slowly)
        patch.setattr("shared.delivery.posting.outbox.mail_sent", lambda connection, mail, sha256, subject: (sent.append(mail), real(connection, mail, sha256, subject)))
        done = list(pool.map(lambda _: deliver_due(world.engines, world.settings, world.studio, lambda: DUE), range(4)))
    assert (planned, sum(each.made for each in done), sum(each.sent for each in done)) == (6, 18, 24)
    assert len(sent) == len(set(sent)) == len(world.mails()) == 24
