"""Constants of the offline grader. Written by `python benchmarks/fit_offline.py`; not edited by hand."""

from __future__ import annotations

from typing import Final

WEIGHTS: Final = {"bias": -3.0, "share": 3.0, "accept": 3.0, "reject": -2.0}
"""Logistic regression: log-odds that a criterion is met, from the features of its best window."""
MET_FROM: Final = 0.85
"""Probability from which a criterion without a complete pattern is met."""
UNMET_UP_TO: Final = 0.35
"""Probability up to which a criterion is unmet; in between it is unsure."""
