"""Reports whose every text would like to be something else."""

from __future__ import annotations

import hypothesis.strategies as st

from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.checks.outcome import Finding, Outcome, Severity, Status
from fold_guard.evidence.report import (
    BaselineFacts,
    DatasetFacts,
    FoldsFacts,
    Gone,
    NotRun,
    Report,
)

NASTY = (
    "<script>alert(1)</script>",
    "]]></failure><!-- & -->",
    "\x1b[31mred\x07\x00\x0b",
    "\u202egnp.exe\u2066\u200b",
    "a|b\n\n| c |\r\n# head\n- item",
    "::error::owned\n::set-output name=a::b",
    "100%0A::warning file=a,line=1::x",
    "@ada #12 GH-12 https://evil.example www.evil.example [x](http://y) ![z](q) `c` **b** $x$",
    "{0} {{1}} [link](2) \\[",
    "\ud800lone\udfff",
    "\ufffe\uffff\ufdd0",
    "wide日本" * 400,
    "</details>\n```\n~~~",
    "",
)
texts = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=()), max_size=40)
ids = st.integers(-(2**53), 2**53) | texts
findings = st.builds(
    Finding,
    message=texts,
    count=st.integers(0, 2**40),
    rows=st.lists(ids, max_size=3).map(tuple),
    accepted=st.booleans(),
)
numbers = st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | texts


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    check = draw(st.sampled_from(CATALOGUE))
    code, name = draw(st.sampled_from([(check.code, check.name), ("GX", draw(texts))]))
    accepted = draw(st.booleans())
    return Outcome(
        code=code,
        name=name,
        target=draw(texts),
        status=Status.WARNED if accepted else draw(st.sampled_from(Status)),
        severity=draw(st.sampled_from(Severity)),
        summary=draw(texts),
        measured=draw(st.dictionaries(st.sampled_from("abc"), numbers, max_size=2)),
        findings=tuple(draw(st.lists(findings, max_size=3))),
        accepted=accepted,
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    label = draw(st.none() | texts)
    dataset = DatasetFacts(
        name=draw(texts),
        rows=4,
        columns=3,
        digest="0" * 64,
        id=tuple(draw(st.lists(texts, max_size=1))),
        label=label,
        groups=tuple(draw(st.lists(texts, max_size=2))),
        time=draw(st.none() | texts),
        features=tuple(draw(st.lists(texts, max_size=2))),
    )
    classes = ("a", draw(texts)) if label is not None else ()
    by_class = ((1, 1), (2, 0)) if classes else ((), ())
    folds = FoldsFacts(draw(texts), "kfold", 2, 0, classes, (2, 2), by_class, "1" * 64)
    gone = st.builds(Gone, code=st.just("FG301"), name=texts, target=texts, message=texts)
    baseline = st.builds(
        BaselineFacts,
        name=texts,
        outcomes=st.integers(0, 9),
        findings=st.integers(0, 9),
        gone=st.lists(gone, max_size=4).map(tuple),
    )
    return Report(
        dataset=dataset,
        folds=folds,
        checks=tuple(draw(st.lists(outcomes(), max_size=4))),
        not_run=tuple(draw(st.lists(st.builds(NotRun, texts, texts, texts), max_size=2))),
        plan=draw(st.none() | texts),
        fail_on=draw(st.sampled_from(Severity)),
        baseline=draw(st.none() | baseline),
    )
