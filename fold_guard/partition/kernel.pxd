# C types of kernel.py; see there. Arrays are C-contiguous.
cimport cython

ctypedef long long i64
ctypedef unsigned long long u64

@cython.locals(count=i64, row=i64, code=i64)
cpdef i64 number_units(const i64[::1] codes, i64[::1] seen, i64[::1] units)

@cython.locals(row=i64, unit=i64)
cpdef void least_of_unit(const i64[::1] units, const u64[::1] keys, u64[::1] least)

@cython.locals(row=i64, code=i64)
cpdef void bucket(const i64[::1] codes, const u64[::1] values, i64[::1] starts, u64[::1] sorted_values)

@cython.locals(row=i64, code=i64, key=u64, fold=i64, left=i64, half=i64)
cpdef void cut(const i64[::1] codes, const u64[::1] keys, const u64[:, ::1] cuts, i64[::1] folds, i64[:, ::1] filled)

@cython.locals(entry=i64, unit=i64, first=i64, at=i64, stratum=i64)
cpdef i64 tally(
    const i64[::1] starts, const i64[::1] strata, const i64[::1] sizes, i64[::1] tallied, i64[::1] counts,
    i64[::1] indptr, i64[::1] scratch, i64 n_strata,
)

@cython.locals(
    empty=i64, left=i64, fold=i64, position=i64, unit=i64, start=i64, stop=i64, best=i64, least=i64,
    cost=i64, at=i64, stratum=i64,
)
cpdef void place(
    const i64[::1] indptr, const i64[::1] strata, const i64[::1] counts, const i64[::1] weights, const i64[::1] order,
    i64 n_splits, i64[::1] folds, i64[:, ::1] off, i64[::1] held,
)

@cython.locals(
    moved=i64, position=i64, unit=i64, here=i64, start=i64, stop=i64, leaving=i64, best=i64,
    least=i64, fold=i64, cost=i64, at=i64, stratum=i64,
)
cpdef i64 relocate(
    const i64[::1] indptr, const i64[::1] strata, const i64[::1] counts, const i64[::1] weights, const i64[::1] order,
    i64 n_splits, i64[::1] folds, i64[:, ::1] off, i64[::1] held,
)

@cython.locals(
    swapped=i64, n_units=i64, _turn=i64, one=i64, other=i64, from_fold=i64, to_fold=i64, at=i64,
    gain=i64, stratum=i64, net=i64, which=i64, unit=i64,
)
cpdef i64 swap(
    const i64[::1] indptr, const i64[::1] strata, const i64[::1] counts, const i64[::1] weights, const i64[::1] order,
    i64 n_splits, i64[::1] folds, i64[:, ::1] off, i64[::1] scratch, i64 tries, i64 state,
)

@cython.locals(
    n_units=i64, n_strata=i64, n_history=i64, rows=i64, fold=i64, mean=double, current=double,
    spread=double, worst=double, stratum=i64, off=double, least=double, at=i64, turn=i64, one=i64,
    other=i64, from_fold=i64, to_fold=i64, size=i64, from_size=i64, to_size=i64,
    from_worst=double, to_worst=double, net=i64, held_rows=i64, cost=double, position=i64,
)
cpdef void polish(
    const i64[:, ::1] dense, const i64[::1] sizes, const i64[::1] movable, i64 n_splits, i64[::1] folds,
    i64[:, ::1] filled, i64[::1] filled_sizes, i64[::1] held, const double[::1] shares, double weight,
    double[::1] history, double[::1] worst_of, i64[::1] best_folds, i64 tries, i64 state,
)
