"""The one compiled module; everything else about the package stands in pyproject.toml."""

import sys

from setuptools import Extension, setup

# No fused multiply-add: it would round fractions differently from machine to machine.
FLAGS = [] if sys.platform == "win32" else ["-O3", "-g0", "-ffp-contract=off"]

setup(
    ext_modules=[
        Extension(
            "fold_guard.partition.kernel",
            ["fold_guard/partition/kernel.py"],
            extra_compile_args=FLAGS,
            # Without a compiler the package is installed all the same: kernel.py runs as it is.
            optional=True,
        )
    ]
)
