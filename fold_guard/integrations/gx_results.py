"""Judge the results of Great Expectations against what the suite declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from numbers import Number
from typing import Any

from fold_guard.checks.outcome import Finding, RowId
from fold_guard.integrations.gx_suite import DeclaredExpectation, DeclaredSuite
from fold_guard.integrations.suite_file import SuiteError
from fold_guard.integrations.suite_outcome import MAX_ROWS

Rules = tuple[tuple[str, bool], ...]


def judge(
    declared: DeclaredSuite, parameters: Mapping[str, object], results: Sequence[Mapping[str, Any]]
) -> tuple[Rules, tuple[Finding, ...]]:
    """Pair each declared expectation with its result.

    Parameters
    ----------
    declared : DeclaredSuite
    parameters : mapping of str to JSON value
        Values of the parameters that the suite asks for.
    results : sequence of mapping
        ``ExpectationValidationResult.to_json_dict()``, in any order, each with the result as it
        was before (``observed``): JSON has no NaN, and would turn it into None.

    Returns
    -------
    rules : tuple of (str, bool)
    findings : tuple of Finding

    Raises
    ------
    SuiteError
        Something was not evaluated, was evaluated without being declared or with other arguments,
        raised an exception, or observed nothing (None or NaN).
    """
    for result in results:
        for message in _exceptions(result.get("exception_info") or {}):
            kind = result["expectation_config"]["type"]
            raise SuiteError(f"{kind} raised an exception: {message}", where=declared.where)
    wanted = Counter(item.type for item in declared.expectations)
    evaluated = Counter(str(item["expectation_config"]["type"]) for item in results)
    if wanted != evaluated:
        lost = sorted((wanted - evaluated).elements())
        raise SuiteError(
            f"{wanted.total()} expectations are declared, {evaluated.total()} were evaluated"
            + (f"; {', '.join(lost)} was not" if lost else ""),
            where=declared.where,
            remedy="Import every custom expectation; remove expectations that stand twice.",
        )
    rules: list[tuple[str, bool]] = []
    findings: list[Finding] = []
    rest = list(results)
    for number, item in enumerate(declared.expectations):
        rule = _rule(item)
        asked = {key: parameters[name] for key, name in item.asks_for().items()}
        matching = [one for one in rest if _answers(one, item.type, {**item.kwargs, **asked})]
        if not matching:
            raise SuiteError(
                f"{rule} was evaluated with other arguments than declared", where=declared.where
            )
        result = matching[0]
        rest.remove(result)
        if any(rule == known for known, _ in rules):
            rule = f"{rule} #{number + 1}"
        _require_observed(rule, result, declared.where)
        rules.append((rule, result["success"]))
        if not result["success"]:
            findings += _findings(rule, result["result"])
    return tuple(rules), tuple(findings)


def _answers(result: Mapping[str, Any], kind: str, kwargs: Mapping[str, object]) -> bool:
    config = result["expectation_config"]
    given = config["kwargs"]
    return config["type"] == kind and all(given.get(key) == kwargs[key] for key in kwargs)


def _rule(item: DeclaredExpectation) -> str:
    column = item.kwargs.get("column")
    return f"{item.type}({column})" if isinstance(column, str) else item.type


def _require_observed(rule: str, result: Mapping[str, Any], where: str) -> None:
    found = result["observed"] or {}
    value = found.get("observed_value")
    if not isinstance(result.get("success"), bool):
        raise SuiteError(f"{rule} says neither success nor failure", where=where)
    if value is None and not found.get("element_count") and "unexpected_count" not in found:
        raise SuiteError(f"{rule} observed nothing", where=where)
    if "element_count" in found and found.get("missing_count", 0) == found["element_count"]:
        raise SuiteError(f"{rule} has no value to look at: all are null", where=where)
    if any(_says_nothing(item) for item in _numbers(found)):
        raise SuiteError(f"{rule} observed NaN or None, which no threshold can judge", where=where)


def _exceptions(info: Mapping[str, Any]) -> Iterator[str]:
    # Either one record, or one for each metric that could not be computed.
    records = [info] if "raised_exception" in info else list(info.values())
    for record in records:
        if record.get("raised_exception"):
            yield next(iter(str(record.get("exception_message")).splitlines()), "no message")


def _numbers(found: Mapping[str, Any]) -> Iterator[object]:
    for key, value in found.items():
        # Lists are the values found in the data, where a null may be what was looked for.
        if isinstance(value, Mapping):
            yield from value.values() if key == "observed_value" else ()
        elif isinstance(value, Number) or (key == "observed_value" and value is not None):
            yield value


def _says_nothing(value: object) -> bool:
    missing = value is None or type(value).__name__ in ("NaTType", "NAType")
    return missing or (isinstance(value, Number) and value != value)


def _findings(rule: str, found: Mapping[str, Any]) -> Iterator[Finding]:
    """Take findings as custom expectations state them, else what the built-in ones count."""
    stated = (found.get("details") or {}).get("findings") or []
    for item in stated[:MAX_ROWS]:
        rows = tuple(item.get("rows", ()))[:MAX_ROWS]
        yield Finding(f"{rule}: {item['message']}", int(item.get("count", 0)), rows)
    if len(stated) > MAX_ROWS:
        rest = len(stated) - MAX_ROWS
        yield Finding(f"{rule}: {rest} more findings are not listed", rest)
    if stated:
        return
    if "unexpected_count" in found:
        count = int(found["unexpected_count"])
        message = f"{rule} does not hold for {count:,} of {found.get('element_count', 0):,} rows"
        yield Finding(message, count, _row_ids(found.get("partial_unexpected_index_list") or []))
    else:
        yield Finding(f"{rule} does not hold: observed {found.get('observed_value')}", 1)


def _row_ids(listed: Sequence[object]) -> tuple[RowId, ...]:
    ids = (item.get("row_id") for item in listed if isinstance(item, Mapping))
    return tuple(row for row in ids if isinstance(row, int | str))[:MAX_ROWS]
