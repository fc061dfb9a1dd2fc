"""Whole replicas in virtual time."""

from __future__ import annotations

import json
from typing import Any

from . import _native


def protocols() -> list[dict[str, Any]]:
    """The protocols: name, fault model, synchrony, phases, messages, paper."""
    return json.loads(_native.protocols())


def simulate(protocol: str = "pbft", **flags: Any) -> dict[str, Any]:
    """Runs one simulation and returns its report.

    Flags are those of ``unisono sim run`` with underscores: ``nodes=4, seed=7, decisions=100, loss="5%"``. The report
    has ``verdict`` (``pass``, ``no_progress`` or ``diverged``), ``decisions``, ``messages``, ``trace_hash``,
    ``replay`` and more.

    Raises ``ValueError`` where a flag is unknown or cannot have its value.
    """
    return json.loads(_native.simulate([("protocol", protocol), *_flags(flags)]))


def _flags(flags: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name.replace("_", "-"), _text(value)) for name, value in flags.items()]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
