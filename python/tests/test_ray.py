import os
import signal

import pytest

import unisono as u
from test_experiments import SCENARIO, sums

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'unisono[ray]'")


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    ray.init(address=nodes.address)
    yield nodes
    ray.shutdown()
    nodes.shutdown()


def test_a_cluster_of_two_nodes_makes_the_bytes_of_a_local_run(cluster, tmp_path):
    assert len(ray.nodes()) == 2
    local = u.run(SCENARIO, runs=tmp_path / "local")
    spread = u.run(SCENARIO, runs=tmp_path / "ray", engine="ray", workers=2)
    assert sums(local.folder) == sums(spread.folder)


def test_a_worker_that_dies_costs_nothing_but_time(cluster, tmp_path):
    marker = tmp_path / "died"

    def once_deadly(config, first, end):
        from unisono import _native

        if first == 0 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return _native.cells(config, first, end)

    def engine(config, shards):
        cells = ray.remote(max_retries=3)(once_deadly)
        return ray.get([cells.remote(config, *shard) for shard in shards])

    local = u.run(SCENARIO, runs=tmp_path / "local")
    spread = u.run(SCENARIO, runs=tmp_path / "ray", engine=engine, workers=2)
    assert marker.exists()
    assert sums(local.folder) == sums(spread.folder)
