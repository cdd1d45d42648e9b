"""Matching: what kinds of context are worth, as it is stored."""

import numpy as np
from safetensors.numpy import load

from mlops.learning import archive
from mlops.learning.feature_groups import GROUPS
from mlops.learning.matching import ANY_TYPE, Matcher
from mlops.learning.package import MATCHER
from mlops.learning.predictor import SHIPPED


def test_the_shipped_package_knows_what_every_group_is_worth():
    (shipped,) = SHIPPED.glob("*.zip")
    _, files = archive.unpack(shipped.read_bytes(), shipped.name)
    worth = {name: v for name, v in load(files[MATCHER]).items() if name.startswith("theta.")}
    assert {v.shape for v in worth.values()} == {(len(GROUPS),)}
    assert worth["theta.address"][list(GROUPS).index("goes_on")] > 0


def test_groups_that_a_stored_matcher_does_not_know_are_worth_nothing():
    matcher = Matcher({ANY_TYPE: np.ones(len(GROUPS) - 1, np.float32)})
    stored = Matcher.from_arrays(matcher.to_arrays())
    assert stored.theta[ANY_TYPE].tolist() == [1.0] * (len(GROUPS) - 1) + [0.0]
