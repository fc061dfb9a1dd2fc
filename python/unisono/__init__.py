"""Measure agreement among nodes that fail and lie.

The numbers come from the real consensus cores, run in virtual time: the same seed gives the same bytes, here, on the
command line and on a cluster.
"""

from ._native import __version__
from .experiments import Comparison, Run, compare, run, scenarios
from .reliability import Reliability, Sweep, linspace, reliability, sweep
from .scenario import run_scenario
from .simulation import protocols, simulate

__all__ = [
    "Comparison",
    "Reliability",
    "Run",
    "Sweep",
    "__version__",
    "compare",
    "linspace",
    "protocols",
    "reliability",
    "run",
    "run_scenario",
    "scenarios",
    "simulate",
    "sweep",
]
