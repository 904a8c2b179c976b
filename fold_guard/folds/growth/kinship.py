"""How two fold maps are related, by the parents that their manifests name."""

from __future__ import annotations

from collections.abc import Mapping

from fold_guard.folds.growth.lineage import Kin


def ancestors(kin: Mapping[str, Kin], digest: str) -> tuple[str, ...]:
    """Return the digests behind a map, first parents first; not its own.

    Parameters
    ----------
    kin : mapping of digest to Kin
        A parent that is not among them ends its line.
    digest : str
    """
    found: dict[str, None] = {}
    ahead = list(reversed(kin[digest].manifest.parents))
    while ahead:
        each = ahead.pop()
        if each not in found:
            found[each] = None
            ahead += reversed(kin[each].manifest.parents) if each in kin else ()
    return tuple(found)


def last_common(kin: Mapping[str, Kin], first: str, second: str) -> str | None:
    """Return the last map that two maps were both grown from; None when there is none.

    Where branches crossed and there are several, it is the one on the first map's first line.
    """
    theirs = {second, *ancestors(kin, second)}
    common = [each for each in (first, *ancestors(kin, first)) if each in theirs and each in kin]
    older = {each for one in common for each in ancestors(kin, one)}
    return next((each for each in common if each not in older), None)
