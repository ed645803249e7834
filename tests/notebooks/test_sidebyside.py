"""The chapter pipeline on small chapters: what it makes, and what it refuses."""

import nbformat
import pytest

pytest.importorskip("myst_nb")

from sidebyside import notebook, page, plain, source

HEADER = "---\nchapter: {name}\nminutes: 5\nprerequisites: [Python]\ngoals: [try it]\n---\n\n# A toy chapter\n"


def code(body, *tags, **options):
    lines = [f":tags: [{', '.join(tags)}]"] if tags else []
    lines += [f":{key}: {value}" for key, value in options.items()]
    return "\n".join(["```{code-cell}", *lines, body, "```"])


@pytest.fixture
def write(tmp_path):
    def write_chapter(*blocks, name="00_toy", header=HEADER):
        path = tmp_path / "book" / "chapters" / f"{name}.myst"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n".join([header.format(name=name), *blocks]), encoding="utf-8")
        return path

    return write_chapter


def run_without_kernel(output):
    """Stand in for a kernel: every code cell prints what `output(cell)` says."""

    def run(book, folder):
        for number, cell in enumerate(book.cells):
            if cell.cell_type == "code":
                cell.execution_count = number
                cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=output(cell))]

    return run


def generated(path, output=lambda cell: cell.source):
    chapter = source.read_chapter(path)
    for framework in source.FRAMEWORKS:
        notebook.generate(chapter, framework, run_without_kernel(output))
    return chapter


PAIR = [code("x = torch.ones(2)", "pytorch"), code("x = paddle.ones([2])", "paddle")]


def test_each_notebook_holds_the_common_cells_and_its_own(write):
    chapter = generated(write(*PAIR, code("print(1)"), code("pitfall", "paddle-only")))
    held = {name: [cell.source for cell in notebook.check_fresh(chapter, name).cells] for name in source.FRAMEWORKS}
    assert held["pytorch"][3:] == ["x = torch.ones(2)", "print(1)"]
    assert held["paddle"][3:] == ["x = paddle.ones([2])", "print(1)", "pitfall"]


def test_the_page_gives_each_framework_its_own_output(write):
    merged = page.merge(generated(write(*PAIR, code("print(1)"))))
    printed = [cell.outputs[0].text for cell in merged.cells if cell.cell_type == "code"]
    assert printed == ["x = torch.ones(2)", "x = paddle.ones([2])", "print(1)"]


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([PAIR[0]], r"'x = torch.ones\(2\)'\): has no paddle partner right after it"),
        ([PAIR[0], "prose", PAIR[1]], "has no paddle partner"),
        ([PAIR[1]], r"'x = paddle.ones\(\[2\]\)'\): has no pytorch partner right before it"),
        ([PAIR[0], PAIR[0], PAIR[1]], "has no paddle partner"),
        ([*PAIR, PAIR[1]], "has no pytorch partner"),
        ([code("x", "jax")], r"'x'\): unknown tag 'jax'"),
        ([code("x", "pytorch", "paddle")], "contradict each other"),
        ([code("x", "timing")], "never prints the same twice"),
    ],
)
def test_a_broken_chapter_is_refused_with_file_and_cell(write, blocks, problem):
    with pytest.raises(source.ChapterError, match=r"chapters/00_toy.myst, cell \d+ \(.*" + problem):
        source.read_chapter(write(*blocks))


@pytest.mark.parametrize("missing", ["chapter", "minutes", "prerequisites", "goals"])
def test_the_front_matter_must_be_complete(write, missing):
    header = "\n".join(line for line in HEADER.split("\n") if not line.startswith(missing))
    with pytest.raises(source.ChapterError, match=rf"00_toy.myst: front matter needs '{missing}"):
        source.read_chapter(write(header=header))


def test_a_common_cell_that_prints_differently_is_refused(write):
    chapter = source.read_chapter(write(code("print(device)")))
    for framework in source.FRAMEWORKS:
        notebook.generate(chapter, framework, run_without_kernel(lambda cell, where=framework: where))
    with pytest.raises(source.ChapterError, match=r"cell 1 .*prints differently: .*pytorch.*paddle"):
        page.merge(chapter)


def test_a_missing_a_stale_and_a_foreign_notebook_are_refused(write):
    chapter = source.read_chapter(write(code("print(1)")))
    with pytest.raises(source.ChapterError, match=r"pytorch/00_toy.ipynb is missing"):
        page.merge(chapter)
    generated(chapter.path)
    with pytest.raises(source.ChapterError, match=r"pytorch/00_toy.ipynb, cell 3 \('print\(2\)'\): is not what"):
        page.merge(source.read_chapter(write(code("print(2)"))))
    with pytest.raises(source.ChapterError, match="more cells than its source"):
        page.merge(source.read_chapter(write()))


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (nbformat.v4.new_output("stream", name="stderr", text="Warning: x"), "wrote to stderr"),
        (nbformat.v4.new_output("error", ename="KeyError", evalue="x", traceback=[]), "raised KeyError"),
    ],
)
def test_stored_errors_and_warnings_are_refused(write, output, problem):
    def run(book, folder):
        book.cells[3].outputs = [output]

    with pytest.raises(source.ChapterError, match=problem):
        notebook.generate(source.read_chapter(write(code("x"))), "pytorch", run)


def test_timing_cells_keep_their_output_and_are_ignored_by_nbval(write):
    path = write(code("a", "pytorch", "timing"), code("b", "paddle", "timing"), code("c"))
    generated(path, lambda cell: "first")
    chapter = generated(path, lambda cell: "second")
    cells = notebook.check_fresh(chapter, "pytorch").cells
    assert [cell.outputs[0].text for cell in cells[3:]] == ["first", "second"]
    assert "nbval-ignore-output" in cells[3].metadata["tags"]


def test_two_runs_give_the_same_bytes(write):
    chapter = source.read_chapter(write(code("print(sum(range(4)))")))
    before = notebook.generate(chapter, "pytorch").read_bytes()
    assert notebook.generate(chapter, "pytorch").read_bytes() == before
    assert b'"6\\n"' in before


def test_merging_leaves_the_chapter_as_it_was(write):
    chapter = generated(write(*PAIR))
    assert page.merge(chapter).metadata == page.merge(chapter).metadata


def test_alternative_text_and_folded_solutions_reach_the_page(write):
    merged = page.merge(generated(write(code("plot()", alt="A curve"), code("print(2)", "solution"))))
    assert merged.cells[2].metadata["mystnb"]["image"]["alt"] == "A curve"
    assert "hide-cell" in merged.cells[3].metadata["tags"]


@pytest.mark.parametrize(
    ("myst", "wanted"),
    [
        (":::{note}\nHi.\n:::", "> **Note**\n>\n> Hi."),
        (":::{exercise} Sum\n:label: ex-sum\n\nHi.\n:::", "> **Exercise: Sum**\n>\n> Hi."),
        (":::{admonition} Mind\n:class: dropdown\nHi.\n:::", "<details>\n<summary>Mind</summary>\n\nHi.\n\n</details>"),
        ("```{math}\n:label: softmax\na\n```", "$$\na\n\\tag{softmax}\n$$"),
        ("A {term}`mask <masks>` and {math}`x`.", "A mask and $x$."),
        ("(anchor)=\n## Title", "## Title"),
        ("```python\n:::{note}\n```", "```python\n:::{note}\n```"),
    ],
)
def test_myst_becomes_plain_markdown(myst, wanted):
    assert plain.markdown(myst) == wanted


@pytest.mark.parametrize("myst", ["```{mermaid}\nx\n```", "{abbr}`x`", ":::{note}\nx", "{cite:p}`nobody1900`"])
def test_myst_without_a_plain_counterpart_is_refused(myst):
    with pytest.raises(ValueError, match=r"counterpart|not closed|no entry"):
        plain.markdown(myst)


def test_pieces_of_one_stream_are_stored_as_one(write):
    chapter = source.read_chapter(
        write(code("import time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.3)"))
    )
    notebook.generate(chapter, "pytorch")
    (output,) = notebook.check_fresh(chapter, "pytorch").cells[3].outputs
    assert output.text == "0\n1\n2\n"
