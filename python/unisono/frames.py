"""Rows as data frames and Arrow tables, where those are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas
    import pyarrow


def frame(rows: list[dict[str, Any]]) -> pandas.DataFrame:
    try:
        import pandas
    except ImportError as error:
        raise ImportError("data frames need pandas: pip install 'unisono[frames]'") from error
    return pandas.DataFrame(rows)


def table(rows: list[dict[str, Any]]) -> pyarrow.Table:
    try:
        import pyarrow
    except ImportError as error:
        raise ImportError("Arrow tables need pyarrow: pip install 'unisono[frames]'") from error
    return pyarrow.Table.from_pylist(rows)
