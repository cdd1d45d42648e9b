"""What the tests that train share."""

import pytest


@pytest.fixture(autouse=True)
def one_order_of_additions():
    import torch

    from mlops.learning.network.training import deterministic

    threads = torch.get_num_threads()
    deterministic()
    yield
    torch.set_deterministic_debug_mode("default")
    torch.set_num_threads(threads)
