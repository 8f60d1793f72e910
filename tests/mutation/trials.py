"""Tries each mutant in a fork of one session of pytest, in which the tests were collected and have passed.

mutmut makes the mutants and asks mypy about them. It would begin pytest again for each one that is left, which takes
longer than most tests do; a fork has all modules and tests at hand, and whatever a mutant spoils ends with it. Run in
the folder of copies, by `mutation`; results are kept where mutmut keeps its own.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import mutmut.__main__ as generator
import pytest
from _pytest.runner import runtestprotocol
from mutmut.configuration import config
from mutmut.mutation.file_mutation import filter_mutants_with_type_checker
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths
from mutmut.utils.format_utils import mangled_name_from_mutant_name

NOTICED, PASSED, UNREACHED, MISTYPED, ENDLESS = 1, 0, 33, 37, 36
LEAST_SECONDS = 2
"""What a test may take of the processor at least, before the mutant counts as endless; else ten times its own."""
MOST_MEMORY = 4 << 30


def forget_results() -> None:
    """What functions of linecard remember from other tests would hide a change."""
    for remembering in _find_caches(len(sys.modules)):
        remembering.cache_clear()


@cache
def _find_caches(_imported: int) -> list[Any]:
    """The functions with a cache in so many modules."""
    ours = [module for name, module in sys.modules.items() if name.startswith("linecard")]
    return [value for module in ours for value in vars(module).values() if hasattr(value, "cache_clear")]


def passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


class Trials:
    """A plugin of pytest: in place of the tests, all tests once and then, for each mutant, those that reach it."""

    def __init__(self, mutants: Iterable[str], jobs: int) -> None:
        self._mutants, self._jobs = list(mutants), jobs
        self._seconds: list[float] = []
        self._reaching: defaultdict[str, list[int]] = defaultdict(list)
        self._running: dict[int, str] = {}
        self.results: dict[str, int] = {}
        self.failed: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            self.failed.append("The tests cannot be collected.")
            return True
        self._try_unchanged(session.items)
        if self.failed:
            return True
        gc.collect()
        gc.freeze()
        for at, mutant in enumerate(self._mutants, 1):
            tests = self._reaching.get(mangled_name_from_mutant_name(mutant), [])
            if not tests:
                self.results[mutant] = UNREACHED
                continue
            while len(self._running) >= self._jobs:
                self._await_one()
            self._try_mutant(mutant, session.items, sorted(tests, key=self._seconds.__getitem__))
            print(f"\r{at} of {len(self._mutants)} mutants", end="", flush=True)
        while self._running:
            self._await_one()
        print()
        return True

    def _try_unchanged(self, items: Sequence[pytest.Item]) -> None:
        set_mutant_under_test("stats")
        for at, item in enumerate(items):
            forget_results()
            state()._stats.clear()
            began = time.process_time()
            if not passes(item, items[at + 1] if at + 1 < len(items) else None):
                self.failed.append(item.nodeid)
            self._seconds.append(time.process_time() - began)
            for function in state()._stats:
                self._reaching[function].append(at)

    def _try_mutant(self, mutant: str, items: Sequence[pytest.Item], tests: Sequence[int]) -> None:
        child = os.fork()
        if child:
            self._running[child] = mutant
            return
        code = NOTICED
        try:
            signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            set_mutant_under_test(mutant)
            forget_results()
            for at, following in zip(tests, [*tests[1:], None], strict=True):
                signal.setitimer(signal.ITIMER_VIRTUAL, LEAST_SECONDS + 10 * self._seconds[at])
                if not passes(items[at], None if following is None else items[following]):
                    break
            else:
                code = PASSED
        finally:
            os._exit(code)

    def _await_one(self) -> None:
        child, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        self.results[self._running.pop(child)] = code if code >= 0 else ENDLESS


def make_mutants(jobs: int) -> Mapping[str, bool]:
    """Each mutant in `mutants/`, and whether mypy refuses it."""
    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir()
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    generator.create_mutants(jobs)
    mistyped = filter_mutants_with_type_checker()
    found, _ = generator.collect_source_file_mutation_data(mutant_names=[])
    return {name: name in mistyped for _, name, _ in found}


def save_results(results: Mapping[str, int]) -> None:
    """Where mutmut keeps them, by source file."""
    _, files = generator.collect_source_file_mutation_data(mutant_names=[])
    for data in files.values():
        for name in data.exit_code_by_key:
            data.exit_code_by_key[name] = results.get(name)
        data.save()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, required=True)
    asked = parser.parse_args()
    tests, arguments = config().pytest_add_cli_args_test_selection, config().pytest_add_cli_args
    mutants = make_mutants(asked.jobs)
    trials = Trials([name for name, is_mistyped in mutants.items() if not is_mistyped], asked.jobs)
    os.chdir("mutants")
    sys.path.insert(0, str(Path.cwd()))
    code = pytest.main(["-q", "--capture=no", "--rootdir=.", *arguments, *tests], plugins=[trials])
    os.chdir("..")
    if trials.failed or code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        print(*(f"fails on the unchanged sources: {each}" for each in trials.failed), sep="\n")
        return 2
    save_results(trials.results | {name: MISTYPED for name, is_mistyped in mutants.items() if is_mistyped})
    return 0


if __name__ == "__main__":
    sys.exit(main())
