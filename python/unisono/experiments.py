"""Experiments: a question as TOML, its cells here or on a cluster, a folder that anybody can check."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import PathLike, cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _native
from .frames import frame, table

if TYPE_CHECKING:
    import pandas
    import pyarrow

Shard = tuple[int, int]
#: Runs shards of a resolved plan, and returns their lines in the shards' order.
Engine = Callable[[str, list[Shard]], Iterable[list[str]]]

_SHARDS_PER_WORKER = 4


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, and the cells in it."""

    folder: Path

    @property
    def cells(self) -> list[dict[str, Any]]:
        """One entry for each cell: parameters, seed, status, requests, metrics."""
        text = (self.folder / "cells.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The cells, flat: a column for each parameter and metric."""
        return [_flat(cell) for cell in self.cells]

    @property
    def df(self) -> pandas.DataFrame:
        """The cells as a data frame."""
        return frame(self.rows)

    def arrow(self) -> pyarrow.Table:
        """The cells as an Arrow table."""
        return table(self.rows)

    @property
    def summary(self) -> dict[str, Any]:
        """Means and quantiles with their intervals, by parameters."""
        return json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))

    @property
    def report(self) -> Path:
        """The self-contained page."""
        return self.folder / "report.html"


@dataclass(frozen=True)
class Comparison:
    """Groups of runs, compared in one metric."""

    value: dict[str, Any]

    @property
    def pairs(self) -> list[dict[str, Any]]:
        """Every pair of groups with its tests."""
        return self.value["pairs"]

    def holm(self) -> list[dict[str, Any]]:
        """The pairs with p-values corrected for their number (Holm), the least likely first."""
        return sorted(map(_holm, self.pairs), key=lambda pair: _or_one(pair["welch_p"]))

    @property
    def df(self) -> pandas.DataFrame:
        """The pairs as a data frame."""
        return frame(self.holm())


def scenarios() -> dict[str, str]:
    """The scenarios that come with the package: their names and texts."""
    return dict(_native.shipped())


def run(
    scenario: str | PathLike[str],
    *,
    preset: str | None = None,
    set: Mapping[str, Any] | None = None,
    runs: str | PathLike[str] = "runs",
    engine: str | Engine = "threads",
    workers: int | None = None,
) -> Run:
    """Runs a scenario: the name of one that comes with the package, a TOML file, or TOML text.

    ``engine`` is ``"threads"``, ``"ray"`` or a function of yours; it changes nothing but the time: the folder has the
    same bytes, but for the manifest, which says when and where it was run.
    """
    settings = [f"{key}={_toml(value)}" for key, value in (set or {}).items()]
    plan = json.loads(_native.plan(_read(scenario), preset, settings))
    config, cells = plan["config"], plan["cells"]
    workers = workers or cpu_count() or 1
    shards = _shards(cells, workers * _SHARDS_PER_WORKER)
    lines = [line for part in _engine(engine, workers)(config, shards) for line in part]
    return Run(Path(_native.keep(config, str(runs), lines)))


def compare(
    runs: Run | Iterable[Run],
    *,
    metric: str = "latency_us_mean",
    by: str | None = None,
    where: Mapping[str, Any] | None = None,
) -> Comparison:
    """Tests whether groups differ in a metric: groups by a parameter of the runs, or the runs themselves."""
    folders = [str(one.folder) for one in ([runs] if isinstance(runs, Run) else runs)]
    only = [f"{key}={value}" for key, value in (where or {}).items()]
    return Comparison(json.loads(_native.compare(folders, metric, by, only)))


def _read(scenario: str | PathLike[str]) -> str:
    if isinstance(scenario, str) and "\n" in scenario:
        return scenario
    shipped = scenarios()
    if isinstance(scenario, str) and scenario in shipped:
        return shipped[scenario]
    path = Path(scenario)
    if not path.is_file():
        known = ", ".join(sorted(shipped))
        raise ValueError(f"there is no scenario `{scenario}`: no such file, and those that come along are {known}")
    return path.read_text(encoding="utf-8")


def _shards(cells: int, most: int) -> list[Shard]:
    count = max(1, min(most, cells))
    return [(cells * at // count, cells * (at + 1) // count) for at in range(count)]


def _engine(engine: str | Engine, workers: int) -> Engine:
    if callable(engine):
        return engine
    if engine == "threads":
        return lambda config, shards: _threads(config, shards, workers)
    if engine == "ray":
        from .ray_engine import fan_out

        return fan_out
    raise ValueError(f"there is no engine `{engine}`: threads and ray are known")


def _threads(config: str, shards: list[Shard], workers: int) -> list[list[str]]:
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(lambda shard: _native.cells(config, *shard), shards))


def _flat(cell: dict[str, Any]) -> dict[str, Any]:
    own = {key: cell[key] for key in ("cell", "repeat", "seed", "status", "why")}
    return {**own, **cell["params"], **cell["requests"], **cell["metrics"]}


def _toml(value: Any) -> str:
    return json.dumps(list(value)) if isinstance(value, (list, tuple)) else str(value)


def _holm(pair: dict[str, Any]) -> dict[str, Any]:
    welch, ranks = pair["welch"] or {}, pair["mann_whitney"] or {}
    return {
        "first": pair["first"], "second": pair["second"], "difference": welch.get("difference"),
        "welch_p": welch.get("p_holm"), "mann_whitney_p": ranks.get("p_holm"),
        "hedges_g": pair["hedges_g"], "cliffs_delta": pair["cliffs_delta"],
    }  # fmt: skip


def _or_one(p: float | None) -> float:
    return 1.0 if p is None else p
