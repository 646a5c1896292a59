"""Whether a text of the bank says what was computed."""

from __future__ import annotations


def says(text: str, *snippets: str) -> None:
    """Fails with the first snippet that does not occur in the text; line ends count as blanks."""
    plain = " ".join(text.split())
    for snippet in snippets:
        assert snippet in plain, snippet
