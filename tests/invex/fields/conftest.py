"""Properties are about values, not about time: on a busy machine the first call, which loads CLDR, takes a second."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None, max_examples=50)
settings.load_profile("untimed")
