"""Constants of the offline grader. Written by `python benchmarks/fit_offline.py`; not edited by hand.

Fitted on 529 cases of development answers without a complete pattern, 314 of them met, and on
427 with one, 399 of them met.
"""

from __future__ import annotations

from typing import Final

WEIGHTS: Final = {"bias": -2.37, "share": 1.69, "spread": 2.19, "accept": 2.00, "reject": -1.68}
"""Logistic regression: log-odds that a criterion is met, from the features of its best window."""
MET_FROM: Final = 0.842
"""Probability from which a criterion without a complete pattern is met."""
UNMET_UP_TO: Final = 0.496
"""Probability up to which a criterion is unmet; in between it is unsure."""
COMPLETE: Final = {"bias": 1.72, "matches": 0.86, "accept": 1.58, "reject": -0.27}
"""The same where a pattern is complete."""
COMPLETE_FROM: Final = 0.898
"""Probability below which a complete pattern is doubted."""
NEAR_MISS: Final = 0.65
"""Coverage of a near miss from which a complete pattern is doubted,"""
NEAR_MISS_MARGIN: Final = 0.4
"""if it exceeds the coverage of every sentence that counts by this much."""
FLAG: Final = 0.6
"""Coverage of a sentence that commits an error from which a red flag without a complete pattern is unsure,"""
FLAG_MARGIN: Final = 0.4
"""if it exceeds the coverage of every sentence that does not commit it by this much."""
