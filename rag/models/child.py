"""What a process that was started beside ours does so as not to outlive it, however ours ends."""

import os
import threading
import time
from collections.abc import Callable

ORPHANED_SECONDS = 1.0


def end_with_parent(clean_up: Callable[[], None] | None = None) -> None:
    """From a thread of its own, also in the middle of work.

    PR_SET_PDEATHSIG would fire when the *thread* that started this process ends, so it is not used.
    """
    threading.Thread(target=_watch, args=(os.getppid(), clean_up), daemon=True).start()


def _watch(parent: int, clean_up: Callable[[], None] | None) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHANED_SECONDS)
    if clean_up:
        clean_up()
    os._exit(0)
