"""One line of docs/benchmarks.md: what was measured, of ours and of the peer, and its mark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement; less is better in every one of them.

    Attributes
    ----------
    topic, work, measure : str
        The table, the line in it, and what is measured.
    unit : str
        Of ``ours``, ``peer``, ``at_most`` and ``bound``; empty for a plain number.
    ours, peer : float or None
        None: there is no peer.
    peer_name : str
    least_ratio : float, optional
        A mark: peer / ours is at least this.
    at_most : float, optional
        A mark: ours is at most this.
    bound : float, optional
        No assignment is below it.
    """

    topic: str
    work: str
    measure: str
    unit: str
    ours: float
    peer: float | None = None
    peer_name: str = ""
    least_ratio: float | None = None
    at_most: float | None = None
    bound: float | None = None

    @property
    def ratio(self) -> float | None:
        """Peer / ours: above 1 ours is better; None where that says nothing."""
        return self.peer / self.ours if self.peer is not None and self.ours else None

    @property
    def mark(self) -> str:
        """The mark in words."""
        marks = []
        if self.least_ratio is not None:
            marks.append(f"ratio at least {self.least_ratio:.4g}")
        if self.at_most is not None:
            marks.append(f"at most {shown(self.at_most, self.unit)}")
        return ", ".join(marks)

    @property
    def verdict(self) -> str:
        """Whether the mark is met; empty without a mark."""
        if not self.mark:
            return ""
        if self._met:
            return "yes"
        if self.bound is not None and self._unreachable(self.bound):
            return "no, and no assignment would"
        return "**no**"

    @property
    def _met(self) -> bool:
        return self._meets(self.ours)

    def _unreachable(self, bound: float) -> bool:
        return not self._meets(bound)

    def _meets(self, value: float) -> bool:
        # Equal sums may differ in their last bit.
        near = value * (1 - 1e-9)
        low_enough = self.at_most is None or near <= self.at_most
        if self.least_ratio is None:
            return low_enough
        if self.peer is None:
            # Not measured is not met.
            return False
        return low_enough and near * self.least_ratio <= self.peer


def shown(value: float, unit: str) -> str:
    """Return a number with its unit, three digits of it.

    >>> shown(0.12345, "s"), shown(14.56, "s"), shown(3512.0, "MB"), shown(2, "")
    ('0.123 s', '14.6 s', '3,512 MB', '2')
    """
    number = f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.3g}"
    if "e" in number:
        number = f"{value:.6f}".rstrip("0")
    return f"{number} {unit}".rstrip()
