"""Constants of the offline grader. Written by `python benchmarks/fit_offline.py`; not edited by hand.

Fitted on 527 cases of development answers without a complete pattern, 312 of them met, and on
430 with one, 403 of them met.
"""

from __future__ import annotations

from typing import Final

from prepdrill.graders.constants import Company, Constants

FITTED: Final = Constants(
    weights={
        "bias": -3.44,
        "share": 1.75,
        "spread": 1.72,
        "accept": 1.83,
        "reject": -1.17,
        "others": 3.33,
        "denied": -0.26,
    },
    met_from=0.892,
    unmet_up_to=0.569,
    complete={
        "bias": 0.63,
        "matches": 0.79,
        "accept": 1.39,
        "reject": -0.31,
        "others": 2.73,
        "denied": 0.12,
    },
    complete_from=0.879,
    usual=Company(found=0.52, denied=0.04),
)
