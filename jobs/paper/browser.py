"""One Chromium with one page, driven over its pipe by choreographer in a thread of its own.  Whatever hangs is killed in time, and leaves nothing.

Chromium ends with the pipe, so it does not outlive this process however that ends; its folder is removed with it, or by the next one.
"""

import asyncio
import concurrent.futures
import contextlib
import logging
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import choreographer
from choreographer.channels import Pipe

from jobs.paper.program import Program
from shared.reports.paper import empty_page, script

log = logging.getLogger(__name__)
logging.getLogger("choreographer").setLevel(logging.ERROR)  # it warns of every browser that is ended
logging.getLogger("browser_proc").setLevel(logging.CRITICAL)
START_SECONDS: Final = 40.0
_LOOK_UP: Final = 0.2
_FOLDER: Final = "northline-paper-"
_PLOTLY: Final = Path(__file__).parents[2] / "shared" / "web" / "assets" / "vendor" / "plotly-bi.min.js"


class BrowserFailedError(RuntimeError):
    """Chromium did not do what it was told: it hung, crashed or refused.  It is not to be used again."""


class Browser:
    """A started Chromium whose page holds plotly.js and our script."""

    def __init__(self, path: str, *, sandbox: bool, check: Callable[[], None] = lambda: None) -> None:
        """Start it; ``check`` is called meanwhile and ends the wait by raising.  Raises BrowserFailedError."""
        _remove_leftovers()
        self._folder = tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chromium", daemon=True)
        self._thread.start()
        self._pipe = Pipe()
        self._browser: Any = None
        self._tab: Any = None
        self._crashed = False
        try:
            self._wait(self._open(path, sandbox), START_SECONDS, check)
        except BaseException:
            self.kill()
            raise

    def call(self, function: str, argument: object, seconds: float, check: Callable[[], None] = lambda: None) -> Any:
        """Return what ``paper.<function>(argument)`` returns in the page; within ``seconds``.  Raises BrowserFailedError, or what ``check`` raises."""
        command = {"objectId": self._window, "functionDeclaration": f"function (argument) {{ return paper.{function}(argument); }}", "arguments": [{"value": argument}], "awaitPromise": True, "returnByValue": True}
        return self._wait(self._ask("Runtime.callFunctionOn", command), seconds, check)["result"].get("value")

    def print(self, seconds: float, check: Callable[[], None] = lambda: None) -> str:
        """Return the page as PDF in base64: tagged, with an outline, on the paper that its style names."""
        command = {"printBackground": True, "preferCSSPageSize": True, "generateTaggedPDF": True, "generateDocumentOutline": True, "displayHeaderFooter": False}
        return str(self._wait(self._ask("Page.printToPDF", command), seconds, check)["data"])

    @property
    def process_id(self) -> int:
        """Number of the process, which leads a group of its own."""
        return int(self._browser.subprocess.pid)

    def kill(self) -> None:
        """End Chromium at once, and everything that was kept for it."""
        process = getattr(self._browser, "subprocess", None)
        if process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._pipe.close()  # choreographer 1.4 would wait two seconds for a thread that reads from it, and leave that thread
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _end(self) -> None:
        if self._browser is not None:
            await self._browser.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _open(self, path: str, sandbox: bool) -> None:  # noqa: FBT001 - handed on by name above
        self._browser = choreographer.Browser(path=path, browser_cls=Program, channel_cls=lambda: self._pipe,  # type: ignore[arg-type]
                                              enable_sandbox=sandbox, tmp_dir=self._folder)
        await self._browser.open()
        tab = self._tab = self._browser.get_tab()
        if tab is None:
            raise BrowserFailedError("Chromium opened no page")
        await self._ask("Inspector.enable")
        tab.subscribe("Inspector.targetCrashed", self._note_crash)
        await self._ask("Page.enable")
        await self._ask("Network.enable")
        await self._ask("Network.emulateNetworkConditions", {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0})
        frame = (await self._ask("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        await self._ask("Page.setDocumentContent", {"frameId": frame, "html": empty_page()})
        for source in (_PLOTLY.read_text(), script()):
            await self._ask("Runtime.evaluate", {"expression": f"{source}\n;undefined"})
        self._window = (await self._ask("Runtime.evaluate", {"expression": "window"}))["result"]["objectId"]

    async def _note_crash(self, _event: object) -> None:
        self._crashed = True

    async def _ask(self, command: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self._tab.send_command(command, parameters)
        if "error" in answer:
            raise BrowserFailedError(f"{command}: {answer['error'].get('message', 'refused')}")
        result: dict[str, Any] = answer["result"]
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise BrowserFailedError(f"{command}: {details.get('exception', {}).get('description') or details.get('text')}")
        return result

    def _wait(self, work: Coroutine[Any, Any, Any], seconds: float, check: Callable[[], None]) -> Any:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        until = time.monotonic() + seconds
        try:
            while True:
                try:
                    return future.result(_LOOK_UP)
                except concurrent.futures.TimeoutError:
                    if future.done():
                        raise
                    self._look(until, seconds)
                    check()
        except (BrowserFailedError, concurrent.futures.CancelledError) as error:
            raise BrowserFailedError(str(error) or "Chromium was closed") from error
        except (OSError, RuntimeError) as error:
            if isinstance(error.__traceback__, object) and future.done() and future.exception() is error:
                raise BrowserFailedError(f"{type(error).__name__}: {error}") from error
            raise
        finally:
            future.cancel()

    def _look(self, until: float, seconds: float) -> None:
        if self._crashed:
            raise BrowserFailedError("the page crashed")
        process = getattr(self._browser, "subprocess", None)
        if process is not None and process.poll() is not None:
            raise BrowserFailedError(f"Chromium ended with {process.returncode}")
        if time.monotonic() > until:
            raise BrowserFailedError(f"Chromium did not answer within {seconds:.0f} s")


def _remove_leftovers() -> None:
    """Remove folders of processes of ours that are gone: one that is killed cannot."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        owner = folder.name.removeprefix(_FOLDER).partition("-")[0]
        if owner.isdigit() and not _lives(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
