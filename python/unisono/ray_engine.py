"""Cells on a Ray cluster. A worker that dies costs its shard, which Ray runs again elsewhere."""

from __future__ import annotations

from . import _native

#: How often a shard is run again when its worker dies.
RETRIES = 3


def _cells(config: str, first: int, end: int) -> list[str]:
    return _native.cells(config, first, end)


def fan_out(config: str, shards: list[tuple[int, int]]) -> list[list[str]]:
    """Runs shards on the cluster that this process is connected to, or starts one on this machine."""
    try:
        import ray
    except ImportError as error:
        raise ImportError("this engine needs Ray: pip install 'unisono[ray]'") from error
    if not ray.is_initialized():
        ray.init(include_dashboard=False)
    cells = ray.remote(max_retries=RETRIES)(_cells)
    shared = ray.put(config)
    return ray.get([cells.remote(shared, first, end) for first, end in shards])
