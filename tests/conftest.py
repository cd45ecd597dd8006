"""Settings of every test: Hypothesis profiles, chosen by MINIGRAD_HYPOTHESIS (quick, dev, ci or deep)."""

from __future__ import annotations

import os

# Each worker of the test run has a core of its own; other libraries' threads would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

import minigrad

minigrad.ops.load()  # tests look at all declarations

# No deadline: machines that run tests are shared and noisy, and a slow example is not a wrong one.
common = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=5, derandomize=True, **common)
settings.register_profile("dev", max_examples=20, **common)
settings.register_profile("ci", max_examples=100, derandomize=True, **common)
settings.register_profile("deep", max_examples=2000, **common)
settings.load_profile(os.environ.get("MINIGRAD_HYPOTHESIS", "ci" if os.environ.get("CI") else "dev"))
