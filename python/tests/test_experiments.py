import hashlib
import json
from pathlib import Path

import pytest

import unisono as u
from unisono import _native

SCENARIO = """
name = "small"
question = "Do two protocols differ?"
seed = 42
repeats = 3
[base]
nodes = 4
decisions = 10
[grid]
protocol = ["pbft", "raft"]
"""


def sums(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in ("manifest.json", "lock")]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_one_worker_and_many_make_the_same_bytes(tmp_path):
    one = u.run(SCENARIO, runs=tmp_path / "one", workers=1)
    many = u.run(SCENARIO, runs=tmp_path / "many", workers=7)
    assert sums(one.folder) == sums(many.folder)
    assert len(one.cells) == 6
    assert all(cell["status"] == "ok" for cell in one.cells)


def test_shards_come_in_any_order_and_none_may_be_missing_or_changed(tmp_path):
    plan = json.loads(_native.plan(SCENARIO))
    config, lines = plan["config"], _native.cells(plan["config"], 0, plan["cells"])
    mixed = _native.keep(config, str(tmp_path / "mixed"), lines[1:] + lines[:1])
    whole = _native.keep(config, str(tmp_path / "whole"), lines)
    assert sums(Path(mixed)) == sums(Path(whole))
    with pytest.raises(ValueError, match="missing"):
        _native.keep(config, str(tmp_path / "less"), lines[:-1])
    with pytest.raises(ValueError, match="no cell"):
        _native.keep(config, str(tmp_path / "changed"), [lines[0].replace('"seed":', '"seed":1'), *lines[1:]])


def test_groups_are_compared(tmp_path):
    done = u.run(SCENARIO, runs=tmp_path)
    pairs = u.compare(done, by="protocol").holm()
    assert len(pairs) == 1
    assert 0.0 <= pairs[0]["welch_p"] <= 1.0


def test_a_custom_protocol_is_a_model_and_says_so():
    params = {"base_latency": 0.8, "latency_variability": 0.15, "base_throughput": 85, "byzantine_tolerance": 0.33}
    result = u.run_scenario("custom_protocol", range(50), params=params)
    assert result["is_model"]
    assert result["requests"]["sent"] == 50
    real = u.run_scenario("pbft", range(10))
    assert not real["is_model"]
    with pytest.raises(ValueError, match="real protocol"):
        u.run_scenario("pbft", params=params)
    with pytest.raises(ValueError, match="unknown parameters"):
        u.run_scenario("custom_protocol", params={"latency": 1})


def test_what_is_no_scenario_is_refused(tmp_path):
    with pytest.raises(ValueError, match="protocols"):
        u.run("no-such-scenario", runs=tmp_path)
    with pytest.raises(ValueError):
        u.run("nodes = \n", runs=tmp_path)
    with pytest.raises(ValueError, match="engine"):
        u.run(SCENARIO, runs=tmp_path, engine="magic")
