"""checks: PASS/FAIL lines, their sum, and waiting for what must become true or stay so."""
import re
import sys
import time
import traceback


class Stop(Exception):
    """The rest of a step makes no sense without what just failed."""


class Report:
    """Counts checks; a step that raises counts as one that failed."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, sentence, good, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
        shown = re.sub(r"\s+", " ", str(detail))[:300] if detail != "" and not good else ""
        print(f"{'PASS' if good else 'FAIL'} {sentence}" + (f" -- {shown}" if shown else ""), flush=True)
        return bool(good)

    def must(self, sentence, good, detail=""):
        """A check that the rest of the step rests on; hands back what it checked."""
        if not self.check(sentence, good, detail):
            raise Stop(sentence)
        return good

    def equal(self, sentence, got, wanted):
        return self.check(sentence, got == wanted, f"got {got!r}, wanted {wanted!r}")

    def skip(self, sentence, why):
        self.skipped += 1
        print(f"SKIP {sentence} -- {why}", flush=True)

    def step(self, title, function, *args):
        print(f"== {title}", flush=True)
        try:
            function(*args)
        except Stop as stop:
            print(f"note: the step ends here: {stop}", flush=True)
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            self.check(f"{title} runs to its end", False, f"{type(error).__name__}: {error}")

    def finish(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{skipped}", flush=True)
        return 1 if self.failed else 0


def eventually(condition, seconds=45, pause=0.05):
    """Asks until the answer is true; hands back the last one."""
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got or time.monotonic() > end:
            return got
        time.sleep(pause)


def stays(condition, seconds, pause=0.2):
    """True when the condition held each time it was asked during these seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not condition():
            return False
        time.sleep(pause)
    return bool(condition())
