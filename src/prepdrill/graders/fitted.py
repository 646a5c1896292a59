"""Constants of the offline grader. Written by `python benchmarks/fit_offline.py`; not edited by hand.

Fitted on 527 cases of development answers without a complete pattern, 312 of them met, and on
427 with one, 399 of them met.
"""

from __future__ import annotations

from typing import Final

from prepdrill.graders.constants import Constants

FITTED: Final = Constants(
    weights={"bias": -2.48, "share": 1.73, "spread": 2.13, "accept": 2.15, "reject": -1.32},
    met_from=0.833,
    unmet_up_to=0.500,
    complete={"bias": 1.72, "matches": 0.86, "accept": 1.58, "reject": -0.27},
    complete_from=0.898,
)
