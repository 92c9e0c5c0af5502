"""Classifiers around other classifiers. Import them from ``mnist_estimators``."""
