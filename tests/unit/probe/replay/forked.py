"""Doing a work in a fork of this process, from the very values that are here, while this process goes on."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def forked(work: Callable[[], T]) -> Callable[[], T]:
    """Begin a work in a fork, and return what waits for its result, which is to be called once.

    A fork has none of PyTorch's threads: let PyTorch compute in one.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reader)
            with os.fdopen(writer, "wb") as to:
                pickle.dump(work(), to)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writer)

    def result() -> T:
        with os.fdopen(reader, "rb") as told:
            pickled = told.read()
        os.waitpid(child, 0)
        assert pickled, "the fork has failed, as its traceback says"
        return pickle.loads(pickled)

    return result
