from orchestrator.training.throughput.gpu_memory import memory_environment


def test_processes_that_share_a_gpu_fill_nine_tenths_of_it_together():
    shares = [memory_environment(1 / 4)["XLA_PYTHON_CLIENT_MEM_FRACTION"] for _ in range(4)]
    assert sum(map(float, shares)) == 0.9
    assert memory_environment(1)["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
