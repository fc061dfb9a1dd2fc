import pytest

import unisono as u


def test_the_same_seed_gives_the_same_run():
    first = u.simulate("pbft", nodes=4, seed=7, decisions=20)
    again = u.simulate("pbft", nodes=4, seed=7, decisions=20)
    other = u.simulate("pbft", nodes=4, seed=8, decisions=20)
    assert first == again
    assert first["verdict"] == "pass"
    assert first["trace_hash"] != other["trace_hash"]


def test_flags_are_those_of_the_command_line():
    report = u.simulate("pbft", nodes=7, seed=1, decisions=20, loss="5%", byzantine=1)
    assert report["verdict"] == "pass"
    assert len(report["liars"]) == 1
    assert "--loss" in report["replay"]


@pytest.mark.parametrize("flags", [{"nodes": 0}, {"no_such_flag": 1}, {"loss": "much"}])
def test_what_cannot_be_is_refused(flags):
    with pytest.raises(ValueError):
        u.simulate("pbft", **flags)


def test_the_table_of_protocols_is_the_programs():
    names = {row["name"] for row in u.protocols()}
    assert {"pbft", "hotstuff", "tendermint", "raft"} <= names
