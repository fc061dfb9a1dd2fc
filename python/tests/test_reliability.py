import math

import pytest

import unisono as u


def test_theory_lies_within_the_interval_of_many_rounds():
    one = u.reliability("pbft", nodes=4, p=0.9, rounds=200_000, seed=1)
    assert one.rounds == 200_000
    lo, hi = one.ci95
    # Five intervals' width: a seed in a million falls outside.
    assert abs(one.estimate - one.theory) < 5 * (hi - lo)


def test_without_losses_agreement_is_certain():
    one = u.reliability("pbft", nodes=4, p=1.0, rounds=1_000)
    assert one.theory == 1.0
    assert one.estimate == 1.0


def test_a_sweep_has_a_row_for_every_combination():
    sweep = u.sweep("pbft", n=[4, 7], p=u.linspace(0.8, 1.0, 3), rounds=2_000, seed=42)
    assert [(row["n"], row["p"]) for row in sweep.rows] == [
        (n, p) for n in (4, 7) for p in (0.8, 0.9, 1.0)
    ]
    assert sweep.rows == u.sweep("pbft", n=[4, 7], p=[0.8, 0.9, 1.0], rounds=2_000, seed=42).rows


def test_a_sweep_becomes_frames():
    pandas = pytest.importorskip("pandas")
    pyarrow = pytest.importorskip("pyarrow")
    sweep = u.sweep("pbft", n=4, p=[0.9, 1.0], rounds=1_000)
    assert isinstance(sweep.df, pandas.DataFrame)
    assert sweep.df.shape[0] == 2
    assert isinstance(sweep.arrow(), pyarrow.Table)


@pytest.mark.parametrize(
    "wrong",
    [{"nodes": 0, "p": 0.9}, {"nodes": 4, "p": 1.5}, {"nodes": 4, "p": math.nan}, {"nodes": 4, "p": 0.9, "faults": 3}],
)
def test_impossible_setups_are_refused(wrong):
    with pytest.raises(ValueError):
        u.reliability("pbft", **wrong)
