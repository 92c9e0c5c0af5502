"""Tests of scikit-learn that our classifiers fail, with the reason.

A line names all cases of a test, or one of them with its parameters in brackets. Each of
these must fail. "since" and "before" limit a line to some versions of scikit-learn. Tests
that a version does not have are ignored.
"""

from packaging.version import Version
from sklearn import __version__

EXPECTED_FAILURES = {
    "Sparse data are refused": """
        ensemble/tests/test_bagging.py::test_sparse_classification
        ensemble/tests/test_stacking.py::test_stacking_classifier_sparse_passthrough
        ensemble/tests/test_weight_boosting.py::test_sparse_classification
        model_selection/tests/test_search.py::test_grid_search_sparse
        model_selection/tests/test_search.py::test_grid_search_sparse_scoring
        model_selection/tests/test_validation.py::test_cross_val_predict_sparse_prediction
        model_selection/tests/test_validation.py::test_cross_validate
        model_selection/tests/test_validation.py::test_permutation_score
        tests/test_calibration.py::test_calibration
        tests/test_calibration.py::test_calibration_dict_pipeline
        tests/test_calibration.py::test_calibration_frozen
        tests/test_calibration.py::test_calibration_prefit
        tests/test_multiclass.py::test_ecoc_delegate_sparse_base_estimator
        tests/test_multioutput.py::test_base_chain_fit_and_predict_with_sparse_data_and_cv
        tests/test_multioutput.py::test_classifier_chain_fit_and_predict_with_sparse_data
        tests/test_pipeline.py::test_feature_names_count_vectorizer
        tests/test_pipeline.py::test_pipeline_with_estimator_with_len
    """,
    "An image has exactly one label": """
        ensemble/tests/test_stacking.py::test_stacking_classifier_multilabel_auto_predict
        ensemble/tests/test_stacking.py::test_stacking_classifier_multilabel_decision_function
        ensemble/tests/test_stacking.py::test_stacking_classifier_multilabel_predict_proba
        model_selection/tests/test_search.py::test_grid_search_with_multioutput_data
        model_selection/tests/test_validation.py::test_cross_val_predict_with_method_multilabel_rf
        model_selection/tests/test_validation.py::test_cross_val_predict_with_method_multilabel_rf_rare_class
        model_selection/tests/test_validation.py::test_cross_val_score_multilabel
        tests/test_multioutput.py::test_multi_output_classes_[estimator0]
    """,
    "There is no decision_function, as in MLPClassifier": """
        ensemble/tests/test_bagging.py::test_parallel_classification
        model_selection/tests/test_classification_threshold.py::test_fixed_threshold_classifier
        model_selection/tests/test_classification_threshold.py::test_fixed_threshold_classifier_equivalence_default[decision_function]
        model_selection/tests/test_classification_threshold.py::test_fixed_threshold_classifier_fitted_estimator[decision_function]
        model_selection/tests/test_classification_threshold.py::test_tuned_threshold_classifier_with_string_targets[metric0-decision_function]
        model_selection/tests/test_classification_threshold.py::test_tuned_threshold_classifier_with_string_targets[metric1-decision_function]
        model_selection/tests/test_classification_threshold.py::test_tuned_threshold_classifier_without_constraint_value[decision_function]
        model_selection/tests/test_search.py::test_grid_search_correct_score_results
        model_selection/tests/test_validation.py::test_cross_val_predict_class_subset
        model_selection/tests/test_validation.py::test_cross_val_predict_decision_function_shape
        model_selection/tests/test_validation.py::test_cross_val_predict_input_types
        model_selection/tests/test_validation.py::test_cross_val_predict_method_checking
        model_selection/tests/test_validation.py::test_cross_val_predict_with_method
        model_selection/tests/test_validation.py::test_cross_val_predict_with_method_multilabel_ovr
        model_selection/tests/test_validation.py::test_cross_val_predict_with_method_rare_class
        model_selection/tests/test_validation.py::test_gridsearchcv_cross_val_predict_with_method
        tests/test_calibration.py::test_calibrated_classifier_cv_works_with_large_confidence_scores
        tests/test_calibration.py::test_calibration_ensemble_false
        tests/test_calibration.py::test_calibration_multiclass
        tests/test_metaestimators_metadata_routing.py::test_error_on_missing_requests_for_sub_estimator[BaggingClassifier]  # since 1.9
        tests/test_metaestimators_metadata_routing.py::test_error_on_missing_requests_for_sub_estimator[SelfTrainingClassifier]
        tests/test_metaestimators_metadata_routing.py::test_setting_request_on_sub_estimator_removes_error[BaggingClassifier]  # since 1.9
        tests/test_metaestimators_metadata_routing.py::test_setting_request_on_sub_estimator_removes_error[SelfTrainingClassifier]
        tests/test_multioutput.py::test_base_chain_crossval_fit_and_predict[classifier-decision_function]
        tests/test_multioutput.py::test_classifier_chain_fit_and_predict
        tests/test_multioutput.py::test_classifier_chain_fit_and_predict_with_linear_svc
        tests/test_pipeline.py::test_pipeline_methods_preprocessing_classifier
        tests/test_pipeline.py::test_pipeline_methods_preprocessing_svm
    """,
    "Reads coef_, dual_coef_ or feature_importances_": """
        ensemble/tests/test_bagging.py::test_estimators_samples
        ensemble/tests/test_bagging.py::test_estimators_samples_deterministic
        ensemble/tests/test_stacking.py::test_stacking_cv_influence[StackingClassifier]
        ensemble/tests/test_weight_boosting.py::test_adaboost_numerically_stable_feature_importance_with_small_weights
        model_selection/tests/test_classification_threshold.py::test_fixed_threshold_classifier_metadata_routing
        model_selection/tests/test_classification_threshold.py::test_tuned_threshold_classifier_cv_float
        model_selection/tests/test_classification_threshold.py::test_tuned_threshold_classifier_cv_zeros_sample_weights_equivalence
        model_selection/tests/test_classification_threshold.py::test_tuned_threshold_classifier_refit
        model_selection/tests/test_search.py::test_grid_search_one_grid_point
        tests/test_metaestimators_metadata_routing.py::test_error_on_missing_requests_for_sub_estimator[RFE]
        tests/test_metaestimators_metadata_routing.py::test_metadata_is_routed_correctly_to_scorer[RFECV]
        tests/test_metaestimators_metadata_routing.py::test_metadata_is_routed_correctly_to_splitter[RFECV]
        tests/test_metaestimators_metadata_routing.py::test_metadata_routed_to_group_splitter[RFECV]
        tests/test_metaestimators_metadata_routing.py::test_metadata_routed_to_sub_estimator_in_pipeline[RFECV]
        tests/test_metaestimators_metadata_routing.py::test_metadata_routed_to_sub_estimator_in_pipeline[RFE]
        tests/test_metaestimators_metadata_routing.py::test_metadata_routed_to_sub_estimator_in_pipeline[SelectFromModel]
        tests/test_metaestimators_metadata_routing.py::test_setting_request_on_sub_estimator_removes_error[RFECV]
        tests/test_metaestimators_metadata_routing.py::test_setting_request_on_sub_estimator_removes_error[RFE]
        tests/test_multioutput.py::test_base_chain_random_order
    """,
    "Needs a class without predict_proba, partial_fit or sample_weight": """
        ensemble/tests/test_stacking.py::test_stacking_classifier_error[y1-params1-ValueError-does not implement the method predict_proba]
        ensemble/tests/test_voting.py::test_sample_weight
        model_selection/tests/test_search.py::test_predict_proba_disabled
        model_selection/tests/test_search.py::test_stochastic_gradient_loss_param
        tests/test_multiclass.py::test_multiclass_estimator_attribute_error
        tests/test_multioutput.py::test_hasattr_multi_output_predict_proba
        tests/test_multioutput.py::test_multi_output_delegate_predict_proba
        tests/test_multioutput.py::test_multi_output_predict_proba
    """,
    "Asks for the class or the parameters that are replaced": """
        ensemble/tests/test_bagging.py::test_estimator
        model_selection/tests/test_search.py::test_grid_search_precomputed_kernel
        model_selection/tests/test_search.py::test_grid_search_precomputed_kernel_error_nonsquare
        model_selection/tests/test_search.py::test_search_cv_timing
        model_selection/tests/test_search.py::test_search_cv_pairwise_property_equivalence_of_precomputed
        model_selection/tests/test_validation.py::test_cross_val_score_precomputed
        model_selection/tests/test_validation.py::test_learning_curve_with_shuffle  # since 1.9
        tests/test_calibration.py::test_calibration_default_estimator
    """,
    "Deletes n_features_in_, which is read from the fitted state here": """
        ensemble/tests/test_stacking.py::test_stacking_without_n_features_in[make_classification-StackingClassifier-LogisticRegression]
    """,
    "Has weights of all rows for one row": """
        model_selection/tests/test_validation.py::test_learning_curve_exploit_incremental_learning_routing  # before 1.9
    """,
    "Learns from a single class, which the replaced one can't": """
        model_selection/tests/test_validation.py::test_learning_curve_some_failing_fits_warning
    """,
    "Weights and repeated rows make other batches": """
        model_selection/tests/test_search.py::test_search_cv_sample_weight_equivalence[estimator0]
        tests/test_calibration.py::test_calibrated_classifier_cv_double_sample_weights_equivalence
    """,
    "partial_fit of all rows at once and of parts differ": """
        model_selection/tests/test_validation.py::test_learning_curve_batch_and_incremental_learning_are_equal  # since 1.9
        tests/test_multiclass.py::test_ovr_partial_fit
    """,
    "Expects numbers of the class that is replaced, or that it learns in few steps": """
        ensemble/tests/test_stacking.py::test_stacking_with_sample_weight[StackingClassifier]
        ensemble/tests/test_voting.py::test_predict_on_toy_problem
        ensemble/tests/test_voting.py::test_predict_proba_on_toy_problem
        ensemble/tests/test_voting.py::test_set_estimator_drop
        model_selection/tests/test_classification_threshold.py::test_fit_and_score_over_thresholds_prefit
        model_selection/tests/test_classification_threshold.py::test_fit_and_score_over_thresholds_sample_weight
        model_selection/tests/test_search.py::test_grid_search_score_method
        model_selection/tests/test_search.py::test_refit_callable
        model_selection/tests/test_search.py::test_search_cv_results_rank_tie_breaking
        model_selection/tests/test_validation.py::test_cross_val_score_with_score_func_classification
        tests/test_multiclass.py::test_ovo_partial_fit_predict
        tests/test_multiclass.py::test_ovo_ties
        tests/test_multiclass.py::test_ovo_ties2
        tests/test_multiclass.py::test_ovr_always_present
        tests/test_multiclass.py::test_ovr_fit_predict
        tests/test_multiclass.py::test_ovr_multilabel_dataset
        tests/test_multioutput.py::test_classifier_chain_vs_independent_models
        tests/test_multioutput.py::test_multiclass_multioutput_estimator_predict_proba
    """,
    "Keras computes with 32 bits": """
        tests/test_calibration.py::test_temperature_scaling[False-2]
        tests/test_calibration.py::test_temperature_scaling[False-3]
        tests/test_calibration.py::test_temperature_scaling[False-5]
    """,
}


def _applies(condition: str) -> bool:
    word, _, version = condition.partition(" ")
    is_later = Version(__version__) >= Version(version or "0")
    return is_later != (word == "before")


def _reasons() -> dict[str, str]:
    reasons = {}
    for reason, lines in EXPECTED_FAILURES.items():
        for line in lines.strip().splitlines():
            name, _, condition = line.strip().partition("  # ")
            if _applies(condition):
                reasons[name] = reason
    return reasons


_REASONS = _reasons()


def reason_for(name: str) -> str | None:
    """Find the reason why a test must fail, by its name with its parameters."""
    return _REASONS.get(name) or _REASONS.get(name.partition("[")[0])
