"""Exhibits in the room keep their shape, and no part of them is out of reach of the keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from prepdrill.bank import Bank
from prepdrill.model import Chart, Content, Diff, Exhibit, Log, Sample, Samples, Table
from prepdrill.room.exhibits import exhibit_view, log_sheet, table_sheet
from prepdrill.room.grid import ExhibitGrid

NAMES = [f"metric_{number:02}" for number in range(20)]
LOG = "\n".join(
    ["step  " + "  ".join(NAMES)]
    + [f"{step:4}  " + "  ".join(f"{step}.{number:02}".rjust(9) for number in range(20)) for step in range(1, 201)]
)
CHART = Chart("step", "loss", (("old run", ((0, 3.0), (10, 2.0), (20, 1.5))), ("new run", ((0, 3.1), (20, 1.2)))))
PAIR = Samples((Sample("Why is it so?", "Because of alpha " * 8, "Because of omega " * 8),))

Scene = Callable[[Pilot[None], ExhibitGrid], Awaitable[None]]


class Pane(App[None]):
    """A screen with nothing but one exhibit."""

    def __init__(self, content: Content) -> None:
        super().__init__()
        self._content = content

    def compose(self) -> ComposeResult:
        yield exhibit_view(Exhibit("An exhibit", self._content))


def play(content: Content, scene: Scene, size: tuple[int, int] = (60, 20)) -> None:
    """Show the content, go to it by key, and let the scene go on."""

    async def run() -> None:
        app = Pane(content)
        async with app.run_test(size=size) as pilot:
            await pilot.press("tab")
            grid = app.query_one(ExhibitGrid)
            assert grid.has_focus
            await scene(pilot, grid)

    asyncio.run(run())


def lines(grid: ExhibitGrid) -> list[str]:
    """What the pane shows, line by line."""
    return [grid.render_line(y).text for y in range(grid.scrollable_content_region.height)]


async def walk(pilot: Pilot[None], grid: ExhibitGrid, key: str) -> list[list[str]]:
    """All that is seen on the way until the key moves nothing any more."""
    seen = [lines(grid)]
    while True:
        await pilot.press(key)
        now = lines(grid)
        if now == seen[-1]:
            return seen
        seen.append(now)


async def everything(pilot: Pilot[None], grid: ExhibitGrid) -> str:
    """All that the keys can bring to the screen, page by page, each from its left to its right end."""
    await pilot.press("ctrl+home")
    seen: list[str] = []
    while True:
        across = await walk(pilot, grid, "right")
        seen += [line for screen in across for line in screen]
        if grid.scroll_offset.x:
            await pilot.press("home")
        await pilot.press("pagedown")
        if lines(grid) == across[0]:
            return "\n".join(seen)


def test_a_log_keeps_its_columns_and_cuts_no_number_wherever_it_stands() -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        whole = LOG.split("\n")
        fields = set(LOG.split())
        for screen in await walk(pilot, grid, "right"):
            shift = whole[0].index(screen[0].split()[1].strip("‹›")) - screen[0].index(screen[0].split()[1].strip("‹›"))
            for shown, line in zip(screen, whole, strict=False):
                visible = shown.replace("‹", " ").replace("›", " ")
                assert set(visible.split()) <= fields
                assert all(
                    visible[at] in (" ", line[at + shift]) for at in range(6, len(visible)) if at + shift < len(line)
                )

    play(Log(LOG), scene)


def test_a_line_that_goes_on_says_so_at_that_side() -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        assert all(line.endswith("›") and "‹" not in line for line in lines(grid))
        await pilot.press("right")
        assert all(line.endswith("›") and line[5] == "‹" for line in lines(grid))
        await pilot.press("end")
        assert all("›" not in line and line[5] == "‹" for line in lines(grid))

    play(Log(LOG), scene)


def test_header_and_steps_stay_while_the_rest_moves() -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        header = lines(grid)[0]
        await pilot.press("ctrl+end")
        assert lines(grid)[0] == header
        assert lines(grid)[-1].startswith(" 200 ")
        await pilot.press("end")
        assert lines(grid)[0].split()[-1] == NAMES[-1]
        assert lines(grid)[-1].startswith(" 200 ‹")
        await pilot.press("home", "home")
        assert lines(grid)[:2][1].startswith("   1 ")

    play(Log(LOG), scene)


def test_a_page_down_leaves_no_line_out() -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        steps = [line.split()[0] for screen in await walk(pilot, grid, "pagedown") for line in screen[1:]]
        assert list(dict.fromkeys(steps)) == [str(step) for step in range(1, 201)]

    play(Log(LOG), scene)


def test_a_page_sideways_leaves_no_column_out() -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        there = [screen[0] for screen in await walk(pilot, grid, "ctrl+pagedown")]
        back = [screen[0] for screen in await walk(pilot, grid, "ctrl+pageup")]
        for headers in (there, back):
            assert {name.strip("‹›") for header in headers for name in header.split()} - {""} == {"step", *NAMES}

    play(Log(LOG), scene)


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
@pytest.mark.parametrize(
    "content",
    [
        Log("\n".join(LOG.split("\n")[:45])),
        Log("Traceback of a worker\n" + "a long line without columns " * 9 + "END"),
        Table(("change", *NAMES), tuple((f"row-{row}", *(f"{row}.{at:02}" for at in range(20))) for row in range(45))),
        Diff("-" + "before " * 40 + "END\n+" + "after " * 40 + "END"),
        Samples(tuple(Sample(f"Prompt-{n}?", f"first-{n} " * 30, f"second-{n} " * 30) for n in range(9))),
    ],
)
def test_keys_alone_reach_every_word(content: Content, size: tuple[int, int]) -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        seen = set((await everything(pilot, grid)).replace("‹", " ").replace("›", " ").split())
        assert words_of(content) <= seen

    play(content, scene, size)


def words_of(content: Content) -> set[str]:
    match content:
        case Log(text):
            return set(text.split())
        case Diff(text):
            return set(text.replace("-before", "before").replace("+after", "after").split()) - {"before", "after"}
        case Table(columns, rows):
            return {word for cell in (*columns, *(cell for row in rows for cell in row)) for word in cell.split()}
        case Samples(pairs):
            return {word for pair in pairs for text in (pair.prompt, pair.a, pair.b) for word in text.split()}
        case Chart():
            raise AssertionError


def test_every_value_of_the_widest_shipped_logs_can_be_reached(built_in: Bank) -> None:
    exhibits = (exhibit for id in built_in.files for exhibit in built_in.item(id).question.exhibits)
    logs = [exhibit.content for exhibit in exhibits if isinstance(exhibit.content, Log)]

    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        assert set(log.text.split()) <= set((await everything(pilot, grid)).replace("‹", " ").replace("›", " ").split())

    for log in sorted(logs, key=lambda log: max(map(len, log.text.split("\n"))))[-4:]:
        play(log, scene)


def test_a_chart_fills_its_pane_at_every_size_with_legend_and_axes() -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        for width, height in ((80, 24), (120, 40), (60, 20)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            shown = lines(grid)
            assert len(shown) == height
            assert shown[0].split() == ["loss", "*", "old", "run", "o", "new", "run"]
            assert shown[-1].split() == ["step"]
            assert shown[-2].split() == ["0", "5", "10", "15", "20"]
            assert shown[1].rstrip().endswith("┐")
            assert len(shown[1].rstrip()) == width - 2
            assert not grid.show_vertical_scrollbar
            assert not grid.show_horizontal_scrollbar

    play(CHART, scene)


@pytest.mark.parametrize(("colors", "dots"), [("truecolor", True), ("standard", False), ("none", False)])
def test_each_curve_has_its_sign_whatever_colours_there_are(
    monkeypatch: pytest.MonkeyPatch, colors: str, dots: bool
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor" if colors != "standard" else "")
    monkeypatch.setenv("TERM", "xterm")
    if colors == "none":
        monkeypatch.setenv("NO_COLOR", "1")

    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        drawn = "".join(lines(grid)[1:])
        assert "*" in drawn
        assert "o" in drawn
        assert any("⠀" < letter <= "⣿" for letter in drawn) is dots

    play(CHART, scene)


def test_a_chart_gives_its_numbers_on_t_and_where_there_is_no_room() -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        await pilot.press("t")
        assert [line.split() for line in lines(grid)[:6]] == [
            ["loss"],
            ["step", "old", "run", "new", "run"],
            [lines(grid)[2].strip()],
            ["0", "3", "3.1"],
            ["10", "2"],
            ["20", "1.5", "1.2"],
        ]
        await pilot.press("t")
        assert "┤" in "".join(lines(grid))
        await pilot.resize_terminal(30, 8)
        await pilot.pause()
        assert lines(grid)[0].split() == ["loss"]

    play(CHART, scene)


def test_samples_stand_beside_each_other_from_90_columns() -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        for width, beside in ((90, True), (89, False)):
            await pilot.resize_terminal(width, 20)
            await pilot.pause()
            assert any("alpha" in line and "omega" in line for line in lines(grid)) is beside

    play(PAIR, scene)


def test_a_diff_keeps_signs_and_indentation_and_marks_what_it_wraps() -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        shown = [line.rstrip() for line in lines(grid)]
        assert shown[:3] == ["@@ -1,2 +1,2 @@", "-  beta: 0.3", "+  beta: 0.1"]
        assert shown[3].startswith("     note: word")
        assert shown[4].startswith("  ↪ word")

    play(Diff("@@ -1,2 +1,2 @@\n-  beta: 0.3\n+  beta: 0.1\n     note: " + "word " * 12), scene)


HOSTILE = "step loss\n1 \x1b[31mred\x1b[0m\n2 \x07\x00\x9b2J\u202eevil\r\x7f\n3 \u2028end\ttab"


@pytest.mark.parametrize(
    "content",
    [
        Log(HOSTILE),
        Diff(HOSTILE),
        Table((HOSTILE, "b"), ((HOSTILE, HOSTILE),)),
        Samples((Sample(HOSTILE, HOSTILE, HOSTILE),)),
        Chart(HOSTILE, HOSTILE, ((HOSTILE, ((0, 0), (1, 1))), ("b", ((0, 1),)))),
    ],
)
def test_no_control_character_reaches_the_terminal(content: Content) -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        for key in ("home", "right", "end"):
            await pilot.press(key)
            for y in range(20):
                assert all(segment.text.isprintable() and not segment.control for segment in grid.render_line(y))
        assert "␛" in await everything(pilot, grid)

    play(content, scene)


def test_markup_in_a_bank_is_shown_as_it_is() -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        assert lines(grid)[0].rstrip() == "[bold]loss[/bold] :smile:"

    play(Log("[bold]loss[/bold] :smile:"), scene)


def test_wide_characters_take_two_cells_and_shift_no_column() -> None:
    rows = ["name    loss  " + "  ".join(f"m{number}" for number in range(30))]
    rows += [f"{name}{' ' * (8 - cell_len(name))}1.25  " + "  ".join(["7 "] * 30) for name in ("語言", "plain")]

    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        for screen in await walk(pilot, grid, "right"):
            assert {cell_len(line) for line in screen[:3]} == {58}
            wide, plain = (line.replace("語言 ", "plain") for line in screen[1:3])
            assert wide == plain

    play(Log("\n".join(rows)), scene)


def test_columns_of_a_table_with_wide_characters_end_in_the_same_cell() -> None:
    sheet = table_sheet(Table(("語", "score"), (("语言模型", "1.5"), ("a", "12.25"))), 40)
    assert [cell_len(str(line)) for line in sheet.lines[2:]] == [15, 15]


def test_headings_and_text_wrap_before_a_table_scrolls() -> None:
    table = Table(
        ("no.", "change that was made", "share of training tokens, %"),
        (("1", "sixty thousand solutions rewritten by a teacher", "40.30"), ("2", "short", "7.5")),
    )
    assert max(len(str(line)) for line in table_sheet(table, 100).lines[2:]) <= 82
    narrow = [line if isinstance(line, str) else line[0][0] for line in table_sheet(table, 50).lines]
    assert max(map(len, narrow)) <= 50
    assert [line.split() for line in narrow[-2:]] == [[], ["2", "short", "7.5"]]


def test_a_first_line_is_a_header_only_over_columns_of_numbers() -> None:
    assert log_sheet("step loss\n1 2.5\n2 2.4").header == 1
    assert log_sheet("100 2.6\n200 2.5\n300 2.4").header == 0
    assert log_sheet("Loading weights\nCompiling kernels\nWarming up").header == 0
    assert log_sheet("step loss\n" + "\n".join(f"{n} 2.5" for n in range(9)) + "\na warning between").header == 1


def test_a_scrolled_pane_that_grows_shows_no_emptiness() -> None:
    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        await pilot.press("end", "ctrl+end")
        await pilot.resize_terminal(300, 300)
        await pilot.pause()
        assert lines(grid)[0].rstrip() == LOG.split("\n")[0]
        assert lines(grid)[1].startswith("   1 ")

    play(Log(LOG), scene)


def test_a_key_draws_no_more_lines_than_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    draw = ExhibitGrid._drawn

    def counted(self: ExhibitGrid, row: int, shift: int) -> object:
        drawn.append(row)
        return draw(self, row, shift)

    async def scene(pilot: Pilot[None], grid: ExhibitGrid) -> None:
        await pilot.press("pagedown")
        drawn.clear()
        await pilot.press("down")
        assert len(set(drawn)) <= 2

    monkeypatch.setattr(ExhibitGrid, "_drawn", counted)
    play(Log("\n".join([LOG] * 100)), scene)
