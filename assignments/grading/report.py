"""Write what grading found: one CSV, one feedback file a member, a summary and the open answers for the leader."""

import csv
import re
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

from grading.score import STATUSES

NOT_ENFORCED = """**Isolation: process only.** This machine offers no namespaces to this user. Each notebook ran in a
process and a folder of its own, with limits on time, memory, file size and output, and plain Python code could not
start processes, use the network or change files elsewhere. Not enforced: native code could do all of that, and any
notebook could read what you can read, such as the masters, the seed and the other submissions. Grade people whom you
do not know in a container."""
ENFORCED = """**Isolation: namespaces.** Each notebook ran without a network, in a file system that held nothing but
Python, its packages and an empty folder, seeing no other process, as a user without rights, with limits on time,
memory, files, processes and output. Not enforced: whatever a fault in the system's kernel allows."""
BAR = 40
MARKS_OF_A_FORMULA = "=+-@\t\r"


def write(out: Path, results: list[dict[str, Any]], specs: dict[tuple[str, str], Any]) -> None:
    """Write all reports into `out`."""
    _write_csv(out / "grades.csv", results, specs)
    (out / "feedback").mkdir(parents=True, exist_ok=True)
    for result in results:
        spec = specs.get((result["assignment"], result["framework"]))
        (out / "feedback" / f"{result['member']}.md").write_text(feedback(result, spec), encoding="utf-8")
    (out / "summary.md").write_text(summary(results, specs), encoding="utf-8")
    (out / "open-answers.md").write_text(open_answers(results, specs), encoding="utf-8")


def total(result: dict[str, Any]) -> int:
    """The points that were graded automatically."""
    return sum(question["points"] for question in result["questions"].values())


def possible(result: dict[str, Any]) -> int:
    """The most that `total` can be."""
    return sum(question["possible"] for question in result["questions"].values())


def feedback(result: dict[str, Any], spec: dict[str, Any] | None) -> str:
    """Return what a member gets to read."""
    lines = [f"# {_plain(result['member'])}", ""]
    if spec is not None and result["questions"]:
        lines += [f"{spec['name']} ({spec['framework']}): **{total(result)} of {possible(result)} points**", ""]
        lines += ["| question | points | what is missing |", "|---|---|---|"]
        lines += [_feedback_row(question, result) for question in spec["questions"]]
        lines.append("")
    lines += [f"- **{status}**: {STATUSES[status]}" for status in result["status"]]
    lines += [f"- {_plain(result['note'])}"] if result["note"] else []
    lines += [f"- Code cell {number} stopped: `{_plain(problem)}`" for number, problem in result["cells"]]
    return "\n".join(lines) + "\n"


def _feedback_row(question: dict[str, Any], result: dict[str, Any]) -> str:
    title = question["title"]
    if question.get("manual"):
        answered = "handed in" if result["open"].get(question["name"]) else "no answer found"
        return f"| {title} | of {question['points']} | {answered}; graded by the leader |"
    graded = result["questions"][question["name"]]
    problem = f"`{_plain(graded['problem'])}`" if graded["problem"] else ""
    return f"| {title} | {graded['points']} of {graded['possible']} | {problem} |"


def summary(results: list[dict[str, Any]], specs: dict[tuple[str, str], Any]) -> str:
    """Return what the leader reads first: how it went, the distribution, and what was missed most."""
    lines = [f"# {len(results)} submissions", ""]
    lines += [ENFORCED if _isolation(results) == "namespaces" else NOT_ENFORCED, ""]
    lines += ["## Status", "", "| status | submissions | who |", "|---|---|---|"]
    by_status = Counter(status for result in results for status in result["status"])
    for status, count in by_status.most_common():
        who = [_plain(result["member"]) for result in results if status in result["status"]]
        lines.append(f"| {status} | {count} | {'all others' if status == 'ok' else ', '.join(who)} |")
    for name in sorted({result["assignment"] for result in results if result["questions"]}):
        of_name = [result for result in results if result["assignment"] == name and result["questions"]]
        titles = {q["name"]: q["title"] for key, spec in specs.items() if key[0] == name for q in spec["questions"]}
        lines += ["", f"## {name}", "", *_distribution(of_name), "", *_most_missed(of_name, titles)]
    seconds = [result["seconds"] for result in results]
    lines += ["", f"Seconds a submission: {statistics.median(seconds):.1f} (median), {max(seconds):.1f} (longest)."]
    return "\n".join(lines) + "\n"


def _isolation(results: list[dict[str, Any]]) -> str:
    """The weakest isolation that any submission ran in."""
    names = {result["isolation"] for result in results if "isolation" in result}
    return "namespaces" if names <= {"namespaces"} else "process only"


def _distribution(results: list[dict[str, Any]]) -> list[str]:
    totals, most = [total(result) for result in results], max(possible(result) for result in results)
    counts = Counter(totals)
    scale = max(1.0, max(counts.values()) / BAR)
    rows = [f"{points:>4} {counts[points]:>4} {'#' * round(counts[points] / scale)}" for points in range(most, -1, -1)]
    mean, median = statistics.mean(totals), statistics.median(totals)
    return [f"Mean {mean:.1f}, median {median:g} of {most} points.", "", "```", "points members", *rows, "```"]


def _most_missed(results: list[dict[str, Any]], titles: dict[str, str]) -> list[str]:
    missed: dict[str, list[str]] = {name: [] for result in results for name in result["questions"]}
    for result in results:
        for name, question in result["questions"].items():
            if question["problem"]:
                missed[name].append(question["problem"])
    lines = ["| most missed | missed by | most often because |", "|---|---|---|"]
    for name, problems in sorted(missed.items(), key=lambda item: -len(item[1])):
        reason = Counter(map(_plain, problems)).most_common(1)[0][0] if problems else ""
        lines.append(f"| {titles[name]} | {len(problems)} of {len(results)} | {f'`{reason}`' if reason else ''} |")
    return lines


def open_answers(results: list[dict[str, Any]], specs: dict[tuple[str, str], Any]) -> str:
    """Return the answers to the open questions, by question, each question with its rubric."""
    lines = ["# Open answers", ""]
    for name in sorted({result["assignment"] for result in results if result["questions"]}):
        spec = next(spec for key, spec in specs.items() if key[0] == name)
        for question in filter(lambda question: question.get("manual"), spec["questions"]):
            lines += [f"## {name}: {question['title']} ({question['points']} points)", "", question["rubric"], ""]
            for result in results:
                if result["assignment"] == name and result["questions"]:
                    text = result["open"].get(question["name"]) or "(no answer found)"
                    lines += [f"### {_plain(result['member'])}", "", *(f"> {line}" for line in text.splitlines()), ""]
    return "\n".join(lines) + "\n"


def _write_csv(path: Path, results: list[dict[str, Any]], specs: dict[tuple[str, str], Any]) -> None:
    present = [specs[key] for key in specs if any((r["assignment"], r["framework"]) == key for r in results)]
    manual = {q["name"] for spec in present for q in spec["questions"] if q.get("manual")}
    names = sorted({question["name"] for spec in present for question in spec["questions"]})
    columns = [f"{name} (open)" if name in manual else name for name in names]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(
            ["member", "assignment", "framework", *columns, "total", "possible", "seconds", "status", "isolation"]
        )
        for result in results:
            points = [_csv_cell(result, name) for name in names]
            head = [_no_formula(result["member"]), result["assignment"], result["framework"]]
            sums = [total(result), possible(result), result["seconds"]]
            table.writerow([*head, *points, *sums, "; ".join(result["status"]), result.get("isolation", "")])


def _csv_cell(result: dict[str, Any], name: str) -> Any:
    if name in result["questions"]:
        return result["questions"][name]["points"]
    return "handed in" if result.get("open", {}).get(name) else ""


def _no_formula(text: str) -> str:
    """A spreadsheet runs what begins like a formula; a quotation mark before it makes it text."""
    return f"'{text}" if text.startswith(tuple(MARKS_OF_A_FORMULA)) else text


def _plain(text: str) -> str:
    """Text from a submission on one line, without the marks that would end a table cell or a code span."""
    return re.sub(r"[`|\\<>]", "'", re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)))[:300]
