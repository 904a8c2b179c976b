"""scikit-learn's own tests of its splitters, with ours in their place."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from sklearn import model_selection

from fold_guard import splitters

OURS = (
    "GroupKFold",
    "GroupShuffleSplit",
    "KFold",
    "LeaveOneGroupOut",
    "LeaveOneOut",
    "LeavePGroupsOut",
    "PredefinedSplit",
    "RepeatedKFold",
    "RepeatedStratifiedKFold",
    "ShuffleSplit",
    "StratifiedGroupKFold",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "TimeSeriesSplit",
)

RUN = (
    "test_cross_validator_with_default_params",
    "test_2d_y",
    "test_kfold_valueerrors",
    "test_kfold_indices",
    "test_kfold_no_shuffle",
    "test_stratified_kfold_no_shuffle",
    "test_stratified_kfold_ratios",
    "test_stratified_kfold_label_invariance",
    "test_kfold_balance",
    "test_stratifiedkfold_balance",
    "test_shuffle_kfold",
    "test_shuffle_kfold_stratifiedkfold_reproducibility",
    "test_shuffle_stratifiedkfold",
    "test_shuffle_groupkfold",
    "test_kfold_can_detect_dependent_samples_on_digits",
    "test_stratified_group_kfold_trivial",
    "test_stratified_group_kfold_homogeneous_groups",
    "test_stratified_group_kfold_shuffle_preserves_stratification",
    "test_stratified_group_kfold_against_group_kfold",
    "test_shuffle_split",
    "test_shuffle_split_default_test_size",
    "test_group_shuffle_split_default_test_size",
    "test_stratified_shuffle_split_init",
    "test_stratified_shuffle_split_respects_test_size",
    "test_stratified_shuffle_split_iter",
    "test_stratified_shuffle_split_even",
    "test_stratified_shuffle_split_overlap_train_test_bug",
    "test_stratified_shuffle_split_multilabel",
    "test_stratified_shuffle_split_multilabel_many_labels",
    "test_predefinedsplit_with_kfold_split",
    "test_group_shuffle_split",
    "test_leave_group_out_changing_groups",
    "test_leave_group_out_order_dependence",
    "test_repeated_cv_value_errors",
    "test_repeated_cv_repr",
    "test_get_n_splits_for_repeated_kfold",
    "test_get_n_splits_for_repeated_stratified_kfold",
    "test_shufflesplit_errors",
    "test_shufflesplit_reproducible",
    "test_stratifiedshufflesplit_list_input",
    "test_check_cv",
    "test_cv_iterable_wrapper",
    "test_group_kfold",
    "test_time_series_cv",
    "test_time_series_max_train_size",
    "test_time_series_test_size",
    "test_time_series_gap",
    "test_nested_cv",
    "test_shuffle_split_empty_trainset",
    "test_leave_one_out_empty_trainset",
    "test_random_state_shuffle_false",
    "test_yields_constant_splits",
    "test_splitter_get_metadata_routing",
    "test_splitter_set_split_request",
    "test_no_group_splitters_warns_with_groups",
    "test_stratified_splitter_without_y",
)

NOT_RUN = {
    "test_stratified_group_kfold_approximate": "pins the imperfect balance of its greedy search",
    "test_repeated_kfold_deterministic_split": "pins permutations of numpy's RandomState",
    "test_repeated_stratified_kfold_deterministic_split": "pins permutations of RandomState",
    "test_leave_one_p_group_out": "refuses a null group; here it is a unit of its own. The rest of "
    "it runs in test_leave_groups_out",
    "test_leave_one_p_group_out_error_on_fewer_number_of_groups": "pins messages that print the "
    "groups; errors here hold no data. That they are raised: test_leave_groups_out",
}

# What this file tests besides the splitters that we have.
OTHERS = ("test_build_repr", "test_leave_p_out_empty_trainset", "test_array_api_train_test_split")


def _with_ours() -> ModuleType:
    """Import scikit-learn's test module while its package has our splitters."""
    spec = importlib.util.find_spec("sklearn.model_selection.tests.test_split")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for name in OURS:
            patch.setattr(model_selection, name, getattr(splitters, name))
        spec.loader.exec_module(module)
    return module


_MODULE = _with_ours()
pytestmark = [
    _MODULE.pytestmark,
    # Ours stay silent where scikit-learn's tests provoke warnings on purpose.
    pytest.mark.filterwarnings("ignore:(the largest group|The least populated class)"),
]
globals().update({name: getattr(_MODULE, name) for name in RUN})


@pytest.fixture
def global_random_seed() -> int:
    """What scikit-learn's own conftest provides."""
    return 42


def test_every_test_of_a_splitter_is_run_or_excused() -> None:
    """A new test in a later scikit-learn must not be passed over in silence."""
    found = {
        name
        for name, function in vars(_MODULE).items()
        if name.startswith("test_") and isinstance(function, Callable)  # type: ignore[arg-type]
    }
    concerning = {name for name in found if "train_test_split" not in name} - set(OTHERS)
    assert concerning == {*RUN, *NOT_RUN}


def test_ours_stand_in_their_place() -> None:
    for name in OURS:
        assert getattr(_MODULE, name) is getattr(splitters, name)
        assert getattr(model_selection, name) is not getattr(splitters, name)


@pytest.mark.parametrize("name", OURS)
def test_parameters_are_theirs(name: str) -> None:
    def shape(kind: Any) -> list[tuple[str, Any, Any]]:
        return [(p.name, p.kind, p.default) for p in inspect.signature(kind).parameters.values()]

    assert shape(getattr(splitters, name)) == shape(getattr(model_selection, name))
