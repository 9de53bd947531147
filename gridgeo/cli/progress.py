"""Tell the person at the terminal what is being done, and how far it is."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Steps:
    """A moving bar on a terminal; elsewhere one plain line per step.

    Call it with the text of a step and, where known, the fraction done (0 to 1).
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("", total=None)
        self._begun = time.monotonic()
        self._text = ""

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def __call__(self, text: str, fraction: float | None = None) -> None:
        """Show a step."""
        total = None if fraction is None else 1.0
        self._progress.update(self._task, description=text, completed=fraction or 0, total=total)
        if text != self._text and not self._console.is_terminal:
            elapsed_s = time.monotonic() - self._begun
            self._console.print(f"{elapsed_s:5.1f} s  {text}", highlight=False, markup=False)
        self._text = text
