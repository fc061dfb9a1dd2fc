"""How likely agreement is over links that lose messages: in theory, drawn, and by the real cores."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _native
from .frames import frame, table

if TYPE_CHECKING:
    import pandas
    import pyarrow


@dataclass(frozen=True)
class Reliability:
    """One setup: the exact probability, the estimate and its 95 % interval."""

    theory: float | None
    estimate: float
    ci95: tuple[float, float]
    rounds: int
    seed: int

    def holds(self) -> bool:
        """Whether the exact probability lies within the interval."""
        return self.theory is not None and self.ci95[0] <= self.theory <= self.ci95[1]


@dataclass(frozen=True)
class Sweep:
    """Many setups, one row for each."""

    rows: list[dict[str, Any]]

    @property
    def df(self) -> pandas.DataFrame:
        """The rows as a data frame."""
        return frame(self.rows)

    def arrow(self) -> pyarrow.Table:
        """The rows as an Arrow table."""
        return table(self.rows)


def linspace(first: float, last: float, count: int) -> list[float]:
    """Evenly spaced numbers, both ends included."""
    if count < 2:
        return [first]
    step = (last - first) / (count - 1)
    return [*(first + step * at for at in range(count - 1)), last]


def reliability(
    protocol: str = "pbft",
    *,
    nodes: int,
    p: float,
    thresholds: str | None = None,
    topology: str = "full",
    arity: int = 2,
    faults: int | None = None,
    silent: int = 0,
    rounds: int | None = None,
    precision: float | None = None,
    seed: int = 42,
) -> Reliability:
    """The probability that one attempt at agreement succeeds where every message arrives with probability ``p``."""
    setup = {
        "protocol": protocol, "nodes": nodes, "p": p, "thresholds": thresholds, "topology": topology,
        "arity": arity, "faults": faults, "silent": silent, "rounds": rounds, "precision": precision, "seed": seed,
    }  # fmt: skip
    found = json.loads(_native.reliability(json.dumps(setup)))
    return Reliability(
        theory=found["theory"],
        estimate=found["estimate"],
        ci95=(found["ci95"][0], found["ci95"][1]),
        rounds=found["rounds"],
        seed=found["seed"],
    )


def sweep(
    protocol: str | Iterable[str] = "pbft",
    *,
    n: int | Iterable[int],
    p: float | Iterable[float],
    rounds: int = 20_000,
    seed: int = 42,
    **rest: Any,
) -> Sweep:
    """Every protocol with every ``n`` and every ``p``; ``rest`` as in :func:`reliability`."""
    protocols = [protocol] if isinstance(protocol, str) else list(protocol)
    sizes = [n] if isinstance(n, int) else list(n)
    chances = [p] if isinstance(p, (int, float)) else list(p)
    rows = []
    for name in protocols:
        for size in sizes:
            for chance in chances:
                one = reliability(name, nodes=size, p=chance, rounds=rounds, seed=seed, **rest)
                rows.append(
                    {
                        "protocol": name, "n": size, "p": chance, "theory": one.theory, "estimate": one.estimate,
                        "ci95_lo": one.ci95[0], "ci95_hi": one.ci95[1], "rounds": one.rounds, "seed": seed,
                    }  # fmt: skip
                )
    return Sweep(rows)
