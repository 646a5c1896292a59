"""`python -m prepdrill` is `prepdrill`."""

from __future__ import annotations

from prepdrill.cli import main

main()
