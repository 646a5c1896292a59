"""Drills for interviews on post-training large language models."""

from __future__ import annotations

from typing import Final

__version__: Final = "0.1.0"
