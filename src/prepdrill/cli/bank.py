from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Question banks.", rich_markup_mode=None, no_args_is_help=True)


@app.command()
def check(section: Annotated[str | None, typer.Option()] = None) -> None:
    """Check a bank."""
    from prepdrill.bank import open_bank
    from prepdrill.errors import BankError

    bank = open_bank()
    bank.syllabus, bank.scale, bank.lexicon
    failed = 0
    for id in bank.files:
        if section and not id.startswith(section):
            continue
        try:
            item = bank.item(id)
            total = sum(c.points for c in item.rubric.criteria)
            if not 8 <= total <= 14:
                print(f"{id}: points of the criteria sum to {total}, expected 8 to 14")
            words = len(item.question.model_answer.split())
            if not 100 <= words <= 300:
                print(f"{id}: model answer has {words} words")
        except BankError as error:
            failed += 1
            print(error)
    print(f"{failed} questions with problems")
    raise typer.Exit(1 if failed else 0)
