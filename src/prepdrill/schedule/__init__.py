"""What to ask next, and where somebody stands: pure, seeded, told what the history holds."""

from prepdrill.schedule.choice import ORDERS, Candidate, Choice, Order, Standing, choose, reason, seed_of, skill_of
from prepdrill.schedule.estimate import (
    PRIOR,
    Answer,
    Foresight,
    Level,
    bases,
    expected,
    foresight,
    level,
    levels,
    of_skills,
)
from prepdrill.schedule.memory import Memory, Orders, imagined, orders, replay
from prepdrill.schedule.reviews import TYPED, Recall, Review, recall, share_of

__all__ = [
    "ORDERS",
    "PRIOR",
    "TYPED",
    "Answer",
    "Candidate",
    "Choice",
    "Foresight",
    "Level",
    "Memory",
    "Order",
    "Orders",
    "Recall",
    "Review",
    "Standing",
    "bases",
    "choose",
    "expected",
    "foresight",
    "imagined",
    "level",
    "levels",
    "of_skills",
    "orders",
    "reason",
    "recall",
    "replay",
    "seed_of",
    "share_of",
    "skill_of",
]
