"""Constants of the offline grader. Written by `python benchmarks/fit_offline.py`; not edited by hand.

Fitted on 527 cases of development answers without a complete pattern, 312 of them met, and on
433 with one, 405 of them met.
"""

from __future__ import annotations

from typing import Final

from prepdrill.graders.constants import Company, Constants

FITTED: Final = Constants(
    weights={"bias": -3.47, "share": 1.75, "spread": 1.72, "accept": 1.84, "reject": -1.18, "others": 3.37, "denied": -0.31},
    met_from=0.893,
    unmet_up_to=0.568,
    complete={"bias": 0.51, "matches": 0.85, "accept": 1.39, "reject": -0.30, "others": 2.88, "denied": 0.10},
    complete_from=0.872,
    usual=Company(found=0.52, denied=0.04),
)
