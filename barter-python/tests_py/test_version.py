from importlib.metadata import version

import barter_python


def test_the_compiled_library_is_the_one_that_was_installed():
    assert barter_python.__version__ == version("barter-python")


def test_everything_that_is_exported_is_there():
    assert all(hasattr(barter_python, name) for name in barter_python.__all__)
