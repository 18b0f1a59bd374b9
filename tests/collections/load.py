"""A hundred different questions to a running site: times, and the server's peak memory.

python tests/collections/load.py http://127.0.0.1:8000 [SERVER_PROCESS_NUMBER]
"""

import sys
import time
from pathlib import Path
from statistics import median

import httpx

WHO = "apprentices|adult learners|deaf learners|Roma young people|single parents|refugees|prisoners|seniors|job seekers"
WHAT = "a placement in Spain|job shadowing|a language course|a week in Ireland|a long stay|a study visit"
MORE = "learning to read|a group trip|a checklist|money for an assistant|a first journey|an exchange"


def main(site: str, process: str = "") -> None:
    """Ask, and print what it took."""
    times = []
    with httpx.Client(base_url=site, timeout=30) as client:
        for who in WHO.split("|"):
            for what in f"{WHAT}|{MORE}".split("|"):
                start = time.perf_counter()
                client.get("/api/v1/search", params={"q": f"{what} for {who}"}).raise_for_status()
                times.append((time.perf_counter() - start) * 1000)
    times.sort()
    print(f"{len(times)} searches: p50 {median(times):.0f} ms, p95 {times[int(len(times) * 0.95)]:.0f} ms")
    if process:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        print(f"peak memory of the server {peak / 1024:.0f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:3])
