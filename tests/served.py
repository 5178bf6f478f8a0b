"""A real server in a process of its own, over a small store, for the tests that need one."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from small_graphs import Fact, document

from kg.model import Entity
from kg.store import Store
from kg.workers import Limits

RTL = "\u202e公司\u202cabc"
SCRIPT = '<script>document.title="pwned"</script><img src=x onerror=document.title="pwned">'
QUOTES = "\"';--</style>`${1}`"
NUL = "空\x00字"
LONG = "长" * 10_000
HOSTILE = (RTL, SCRIPT, QUOTES, NUL, LONG)

FACTS = (
    Fact("Program:863计划", "issuedBy", "Place:中国", time="1986年"),
    Fact("Program:863计划", "targets", "Technology:动力电池", belief=0.9),
    Fact("Firm:比亚迪", "develops", "Technology:动力电池"),
    Fact("Technology:动力电池", "appliedIn", "Industry:新能源汽车产业", section="2"),
    Fact("Program:863计划", "funds", "Firm:比亚迪", value="3亿元"),
    Fact("Policy:双积分政策", "targets", "Industry:新能源汽车产业", "proposed"),
    Fact("Policy:双积分政策", "addresses", "Challenge:卡脖子", "negated"),
    *(Fact(f"Firm:{name}", "develops", "Technology:动力电池", section="3") for name in HOSTILE),
)

_SERVE = """
import sys; from pathlib import Path; from kg.api import run; from kg.workers import Limits
run(Path(sys.argv[1]), "127.0.0.1", 0, say, eval(sys.argv[2]), log_requests=sys.argv[3] == "True", token=sys.argv[4])
"""
_SAY = "def say(line): print(line, flush=True)\n"


def filled(path: Path) -> Path:
    """A store with two documents."""
    english = Entity("industry/新能源汽车产业", "Industry", "新能源汽车产业", "NEV industry", ("电动汽车产业",))
    with Store.open(path) as store:
        store.put(document("paper-a", *FACTS, described=(english,)))
        store.put(document("paper-b", Fact("Firm:比亚迪", "develops", "Technology:动力电池"), FACTS[3]))
    return path


DEFAULT = Limits()


@contextmanager
def process(
    path: Path, limits: Limits = DEFAULT, log_requests: bool = False, token: str = ""
) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A server over the store: its address, without the last slash, and its process. With a `token`, it takes
    documents."""
    command = [sys.executable, "-c", _SAY + _SERVE, str(path), repr(limits), str(log_requests), token]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip().rstrip("/"), server
        finally:
            server.terminate()
            server.wait(10)
