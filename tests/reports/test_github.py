from __future__ import annotations

from fold_guard.reports.github import render_github
from fold_guard.reports.place import Place
from tests.reports import text_fixtures as made


def test_verdict_then_outcomes_then_findings() -> None:
    report = made.leaky()
    lines = render_github(report, place=Place("data/t.csv")).splitlines()
    assert lines[0].startswith("::error title=fold-guard::REFUSED t.csv: 240 rows, 4 folds")
    head = "::error file=data/t.csv,title=FG301 group_overlap patient::"
    about = [line.removeprefix(head) for line in lines if line.startswith(head)]
    assert about[0] == next(x.summary for x in report.checks if x.code == "FG301").replace(
        "%", "%25"
    )
    assert about[1] == "patient 0: 3 rows in folds 0, 1 and 2: rows 1000, 1001, 1002"
    outcomes = [i for i, line in enumerate(lines) if "all 4 rounds train" in line]
    assert outcomes[0] < lines.index(head + about[1])
    assert "warning" not in "".join(lines)


def test_what_warns_is_a_warning_and_does_not_refuse() -> None:
    lines = render_github(made.warned(), place=Place("params.yaml", {"label_conflict": 7}))
    first, second, *_ = lines.splitlines()
    assert first.startswith("::notice title=fold-guard::PASSED")
    assert second.startswith("::warning file=params.yaml,line=7,title=FG305 label_conflict y::")


def test_what_would_end_a_property_or_a_command_is_escaped() -> None:
    text = render_github(made.leaky(), place=Place("a,b:c%.csv"))
    assert "::error file=a%2Cb%3Ac%25.csv,title=FG301" in text
