"""How a fit shows its progress: not at all, as one bar, or as a line an epoch."""

from types import TracebackType
from typing import Self


class TrainingProgress:
    """Progress of one fit, used as a context manager.

    Parameters
    ----------
    verbose : int
        0 shows nothing, 1 one bar for the whole fit (only on a terminal), 2 a line for
        each epoch.
    n_epochs : int
        Most epochs that the fit can take.
    steps_per_epoch : int
        Training steps in each.
    """

    def __init__(self, verbose: int, n_epochs: int, steps_per_epoch: int):
        self.verbose = verbose
        self.n_epochs = n_epochs
        self.steps_per_epoch = steps_per_epoch

    def __enter__(self) -> Self:
        if self.verbose == 1:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
            )

            console = Console(stderr=True)
            self._bar = Progress(
                TextColumn("epoch {task.fields[epoch]}"),
                BarColumn(bar_width=16),
                TextColumn("{task.percentage:>3.0f} %"),
                TimeRemainingColumn(elapsed_when_finished=True),
                TextColumn("{task.fields[metrics]}"),
                console=console,
                disable=not console.is_terminal,
            )
            self._task = self._bar.add_task(
                "fit",
                total=self.n_epochs * self.steps_per_epoch,
                epoch=f"1/{self.n_epochs}",
                metrics="",
            )
            self._bar.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.verbose == 1:
            if exc is None:
                done = self._bar.tasks[self._task].completed
                self._bar.update(self._task, total=done)
            self._bar.stop()

    def steps_done(self, n_steps: int) -> None:
        """Show `n_steps` more training steps."""
        if self.verbose == 1:
            self._bar.advance(self._task, n_steps)

    def epoch_done(self, epoch: int, metrics: dict[str, float]) -> None:
        """Show the end of an epoch, counted from 1, and its metrics."""
        if self.verbose == 1:
            # All four would leave no room for the bar on 80 columns.
            score = "val_accuracy" if "val_accuracy" in metrics else "accuracy"
            shown = ["loss", score]
            text = "  ".join(f"{name} {metrics[name]:.4f}" for name in shown)
            current = min(epoch + 1, self.n_epochs)
            self._bar.update(
                self._task, epoch=f"{current}/{self.n_epochs}", metrics=text
            )
        elif self.verbose >= 2:
            text = "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())
            print(f"epoch {epoch}/{self.n_epochs}  {text}", flush=True)
