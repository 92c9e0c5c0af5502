"""The digit classifiers. Import them from ``mnist_estimators``."""
