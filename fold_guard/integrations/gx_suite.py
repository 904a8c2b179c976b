"""What a Great Expectations suite declares, read from its JSON without Great Expectations.

Great Expectations drops an expectation that it does not know, with a log line, and then reports
success. So what was evaluated is compared with what stands here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fold_guard.errors import FoldGuardError
from fold_guard.integrations.suite_file import SuiteError, digest, read_suite

PARAMETER = "$PARAMETER"
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class DeclaredExpectation:
    """One expectation as the file states it: its type and keyword arguments."""

    type: str
    kwargs: Mapping[str, object]
    raw: Mapping[str, object]

    def asks_for(self) -> dict[str, str]:
        """Keyword arguments that are to be filled in, with the name of the parameter."""
        asked = {}
        for key, value in self.kwargs.items():
            if isinstance(value, Mapping) and PARAMETER in value:
                asked[key] = str(value[PARAMETER])
        return asked


@dataclass(frozen=True, slots=True)
class DeclaredSuite:
    """A suite as its file states it.

    Attributes
    ----------
    where : str
        Name of the file.
    seal : str
        SHA-256 of the file.
    expectations : tuple of DeclaredExpectation
        Never empty.
    """

    where: str
    seal: str
    expectations: tuple[DeclaredExpectation, ...]

    def resolve(
        self, parameters: Mapping[str, object], facts: Mapping[str, object]
    ) -> dict[str, object]:
        """Values of the parameters that the suite asks for; params come before facts.

        Raises
        ------
        SuiteError
            A parameter is missing, or params set one that the suite does not ask for.
        """
        asked = {name for one in self.expectations for name in one.asks_for().values()}
        known = {**facts, **parameters}
        if missing := sorted(asked - set(known)):
            raise SuiteError(
                f"no value for the parameter {missing[0]!r}",
                where=self.where,
                remedy="Set it beside the suite in params.yaml.",
            )
        if unused := sorted(set(parameters) - asked):
            raise SuiteError(
                f"the suite does not ask for the parameter {unused[0]!r}, so it has no effect",
                where=self.where,
                remedy=f"Remove it; the suite asks for {', '.join(sorted(asked)) or 'none'}.",
            )
        if empty := sorted(name for name in asked if known[name] is None):
            raise SuiteError(f"the parameter {empty[0]!r} is null", where=self.where)
        return {name: known[name] for name in sorted(asked)}


def read_declared(path: Path) -> DeclaredSuite:
    """Read a suite file.

    Raises
    ------
    SuiteError
        The file is missing, is no suite, declares nothing, or sets what belongs in params.
    """
    content = read_suite(path)
    try:
        document = json.loads(
            content, object_pairs_hook=_no_repeated_key, parse_constant=_no_constant
        )
        expectations = tuple(_declared(document))
    except FoldGuardError as error:
        raise SuiteError(error.what, where=path.name, remedy=error.remedy) from error
    except ValueError as error:
        raise SuiteError(f"not a JSON file: {error}", where=path.name) from error
    return DeclaredSuite(path.name, digest(content), expectations)


def _declared(document: object) -> Iterator[DeclaredExpectation]:
    if not isinstance(document, dict) or not isinstance(document.get("expectations"), list):
        raise SuiteError("not a suite: it has no list of expectations")
    if not document["expectations"]:
        raise SuiteError(
            "the suite declares no expectation",
            remedy="An empty suite proves nothing; a suite saved while its custom expectations "
            "were not imported loses them: restore it.",
        )
    if document.get("suite_parameters"):
        raise SuiteError("suite_parameters belong in params.yaml, where the verdict covers them")
    for number, item in enumerate(document["expectations"]):
        place = f"expectations[{number}]"
        if not isinstance(item, dict) or not isinstance(item.get("type"), str):
            raise SuiteError(f"{place} has no type")
        kwargs = item.get("kwargs", {})
        if not isinstance(kwargs, dict):
            raise SuiteError(f"{place}: kwargs must be a mapping")
        for key, value in kwargs.items():
            _require_plain(value, f"{place}.{key}", at_top=True)
        yield DeclaredExpectation(item["type"], kwargs, item)


def _require_plain(value: object, place: str, *, at_top: bool) -> None:
    """Great Expectations fills in parameters only at the top, and takes arithmetic and defaults."""
    if isinstance(value, list):
        for item in value:
            _require_plain(item, place, at_top=False)
    if not isinstance(value, dict):
        return
    if any(str(key).startswith(PARAMETER) for key in value):
        name = value.get(PARAMETER)
        plain = len(value) == 1 and isinstance(name, str) and _NAME.fullmatch(name)
        if not at_top or not plain:
            raise SuiteError(f'{place}: write {{"{PARAMETER}": "name"}} and nothing more')
        return
    for item in value.values():
        _require_plain(item, place, at_top=False)


def _no_repeated_key(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise SuiteError("a key stands twice in one object, so one of the two is lost")
    return read


def _no_constant(text: str) -> object:
    raise SuiteError(f"{text} is not JSON, and no threshold")
