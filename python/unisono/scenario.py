"""A protocol made of numbers beside the real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import Any

from .experiments import run

_PARAMETERS = {
    "base_latency": ("base-latency-us", lambda seconds: round(seconds * 1e6)),
    "latency_variability": ("latency-variability-us", lambda seconds: round(seconds * 1e6)),
    "base_throughput": ("base-throughput-per-s", round),
    "byzantine_tolerance": ("byzantine-tolerance", float),
}


def run_scenario(
    name: str,
    data: Sequence[Any] | None = None,
    params: Mapping[str, float] | None = None,
    *,
    seed: int = 42,
    runs: str | None = None,
) -> dict[str, Any]:
    """Runs a protocol, or one that is nothing but numbers, over as many requests as there are ``data``.

    ``name`` is a protocol of :func:`unisono.protocols`, or ``"custom_protocol"`` with ``params``: ``base_latency`` and
    ``latency_variability`` in seconds, ``base_throughput`` per second, ``byzantine_tolerance`` as a share. The result
    says whether it is a model.
    """
    is_model = name in ("custom_protocol", "custom")
    unknown = set(params or {}) - set(_PARAMETERS)
    if unknown:
        raise ValueError(f"unknown parameters: {', '.join(sorted(unknown))}; known are {', '.join(_PARAMETERS)}")
    if params and not is_model:
        raise ValueError(f"`{name}` is a real protocol: its latency comes of running it, not of parameters")
    base: dict[str, Any] = {"protocol": "custom" if is_model else name}
    base["decisions"] = 100 if data is None else max(len(data), 1)
    for key, value in (params or {}).items():
        flag, convert = _PARAMETERS[key]
        base[flag] = convert(value)
    lines = [f'name = "{"custom" if is_model else name}"', f"seed = {seed}", "[base]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in base.items()]
    with TemporaryDirectory() as scratch:
        done = run("\n".join(lines) + "\n", runs=runs or scratch, workers=1)
        cell = done.cells[0]
    return {**{key: cell[key] for key in ("status", "why", "seed", "requests", "metrics")}, "is_model": is_model}

