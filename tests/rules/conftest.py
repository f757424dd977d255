"""How Hypothesis looks for counterexamples: the same ones in every run, and without a clock on a busy machine."""

from hypothesis import settings

settings.register_profile("house", derandomize=True, deadline=None, max_examples=200)
settings.load_profile("house")
