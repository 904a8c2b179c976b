"""Texts that may be alike, found by MinHash: few of all pairs, and nearly all that matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.partition.near.groups import Groups, IntArray, mixed
from fold_guard.partition.near.texts import ShingleSets

PERMUTATIONS = 128
SEED = 1
_MANY = 2**32


@dataclass(frozen=True, slots=True)
class Bands:
    """How signatures are cut: two texts are compared when they agree in one band at least.

    Attributes
    ----------
    count, width : int
        Bands, and the MinHash values in each.
    """

    count: int
    width: int

    @classmethod
    def reaching(cls, similarity: float, recall: float) -> Bands:
        """Return the widest bands that find pairs of a similarity with a probability.

        Wide bands let few pairs through that are not alike.

        Examples
        --------
        >>> Bands.reaching(0.8, 0.99)
        Bands(count=21, width=6)
        """
        widths = range(PERMUTATIONS, 0, -1)
        all_bands = (cls(PERMUTATIONS // width, width) for width in widths)
        return next(
            (each for each in all_bands if each.recall(similarity) >= recall),
            cls(PERMUTATIONS, 1),
        )

    def recall(self, similarity: float) -> float:
        """Return the probability that a pair of a Jaccard similarity is compared.

        1 - (1 - s^width)^count: Leskovec, Rajaraman and Ullman, Mining of Massive Datasets,
        section 3.4.2.

        Examples
        --------
        >>> round(Bands(21, 6).recall(0.8), 4)
        0.9983
        """
        return float(1 - (1 - similarity**self.width) ** self.count)


def signatures(sets: ShingleSets) -> npt.NDArray[np.uint64]:
    """Return the MinHash values of sets of shingles (Broder 1997), by datasketch.

    Parameters
    ----------
    sets : ShingleSets

    Returns
    -------
    ndarray of uint64, shape (n_texts, PERMUTATIONS)
        They depend on the text and the fixed seed alone.
    """
    from datasketch import MinHash  # type: ignore[import-untyped]

    hashes = mixed(np.zeros(len(sets.shingles), dtype=np.uint64), sets.shingles) % _MANY
    ends = sets.starts[1:-1]
    # The shingles are hashed already: datasketch is to take the numbers as they are.
    made = MinHash.generator(
        (each.tolist() for each in np.split(hashes, ends)),
        num_perm=PERMUTATIONS,
        seed=SEED,
        hashfunc=int,
    )
    found = np.empty((len(sets.sizes), PERMUTATIONS), dtype=np.uint64)
    for row, each in enumerate(made):
        found[row] = each.hashvalues
    return found


def banded(
    groups: Groups, signature: npt.NDArray[np.uint64], text: IntArray, bands: Bands
) -> Iterator[Groups]:
    """Cut groups by each band in turn: rows are left together where their texts agree in it.

    Parameters
    ----------
    groups : Groups
    signature : ndarray of uint64, shape (n_texts, PERMUTATIONS)
    text : ndarray of int64, shape (n_rows,)
        Which text a row holds; negative for none.
    bands : Bands
    """
    own = text[groups.rows]
    whole = groups.codes.astype(np.uint64)
    for band in range(bands.count):
        keys = np.zeros(len(signature) + 1, dtype=np.uint64)
        for at in range(band * bands.width, (band + 1) * bands.width):
            keys[:-1] = mixed(keys[:-1], signature[:, at])
        yield Groups.of(groups.rows, mixed(whole, keys[own]))
