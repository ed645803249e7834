"""Let the kernels that nbval starts compute the way those did that stored the outputs."""

import os
from unittest import mock

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Start the kernel of a notebook in the environment of its framework; leave everything else as it is."""
    if item.path.suffix != ".ipynb":
        return (yield)
    from sidebyside.notebook import kernel_environment

    with mock.patch.dict(os.environ, kernel_environment(item.path.parent.name)):
        return (yield)
