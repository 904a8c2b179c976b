"""What still belongs together, a line a statement."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from fold_guard.checks.wording import counted
from fold_guard.evidence.standing import Statement
from fold_guard.reports.clean import clean


def render_standing(found: Mapping[str, Sequence[Statement]], *, width: int, colour: bool) -> str:
    """Return the statements of each plan; the verdict first.

    Parameters
    ----------
    found : mapping of plan to statements
    width : int
    colour : bool
    """
    holds = all(each.holds for plan in found.values() for each in plan)
    word = "VERIFIED" if holds else "BROKEN"
    if colour:
        word = f"\x1b[1;{32 if holds else 31}m{word}\x1b[0m"
    count = sum(len(plan) for plan in found.values())
    plans = counted(len(found), "plan")
    head = f"{word}  {plans}, {count} statements recomputed from what is on disk"
    broken = [plan for plan, each in found.items() if not all(one.holds for one in each)]
    if 0 < len(broken) < len(found):
        head += f"; broken: {clean(', '.join(broken))}"
    lines = [head]
    for plan, statements in found.items():
        for each in statements:
            head = f"  {plan:<18}  {each.subject:<9} {'holds ' if each.holds else 'BROKEN'}  "
            lines += textwrap.wrap(
                clean(each.detail),
                width,
                initial_indent=head,
                subsequent_indent=" " * len(head),
                break_on_hyphens=False,
            )
    return "\n".join(lines)
