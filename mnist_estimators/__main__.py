"""Run the command line as ``python -m mnist_estimators``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
