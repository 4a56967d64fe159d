"""One job for all: the request, the service that is called, the load, and what a call costs."""

import http.client
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import threading
import time

from processes import free_port, wait_until

# The flow action request: three fields of the lead go into the payload, one of them with quotes to escape.
REQUEST = {
    "webhook": "Enrich Lead",
    "lead": {
        "id": 318581, "Email Address": "jane@example.com", "First Name": "Jane \"JJ\" O'Neil",
        "Company Name": "Example Inc.", "Lead Score": 42,
    },
    "program": 1027,
    "campaign": {"id": 3044, "name": "01 Registered", "type": "trigger"},
}
# What the payload must hold, or the service refuses it, and what the answer must hold, or the load counts it wrong.
PAYLOAD = r'''{"email": "jane@example.com", "greeting": "Dear Jane \"JJ\" O'Neil", "company": "Example Inc."}'''
ANSWER = '"fields":{"NumberOfEmployees":250,"Title":"CTO"}'


class Service:
    """The third-party service."""

    def __init__(self, workshop):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1/people"
        self.process = workshop.start("service", [workshop.programs / "service", self.port, PAYLOAD])
        wait_until("the service", lambda: self.status() is not None)

    def ask(self, method, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path)
        body = connection.getresponse().read()
        connection.close()
        return body

    def status(self):
        """How many requests wait, waited at most, came, and were wrong; None before it is up."""
        try:
            return json.loads(self.ask("GET", "/status"))
        except OSError:
            return None

    def set_delay(self, milliseconds):
        """How long later requests take; the counts begin anew."""
        self.ask("POST", f"/delay/{milliseconds}")


class Load:
    """Runs the load against a peer's address."""

    def __init__(self, workshop):
        self.program = workshop.programs / "load"
        self.body = workshop.write("request.json", json.dumps(REQUEST))

    def run(self, address, clients, *plan, timeout=150):
        """Makes the calls of a plan, such as ("seconds", 5); gives what the load counted."""
        port, path = address
        words = [self.program, port, path, self.body, ANSWER, clients, *plan]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=timeout)
        if done.returncode != 0:
            sys.exit(f"the load failed: {done.stderr}")
        if done.stderr:
            print(done.stderr.rstrip(), file=sys.stderr)
        result = json.loads(done.stdout)
        result["errors"] = result["refused"] + result["wrong"] + result["lost"]
        return result


def measure(load, peer, front, clients, *plan, memory_after=None):
    """Runs a load and gives its counts with the CPU time a call, of the peer alone and with its web server, and the
    peer's memory while it ran."""
    processes = [peer.process] + ([front] if peer.has_front else [])
    before = [process.cpu_seconds() for process in processes]
    memory = {}

    def sample():
        memory["pss"], memory["rss"] = peer.process.memory()

    timer = threading.Timer(memory_after or float(plan[-1]) * 0.7, sample)
    timer.start()
    result = load.run(peer.address, clients, *plan)
    timer.cancel()
    timer.join()
    if not memory:
        sample()
    spent = [process.cpu_seconds() - start for process, start in zip(processes, before)]
    calls = max(1, result["calls"])
    result["cpu"] = spent[0] / calls * 1e6
    result["cpuWithFront"] = sum(spent) / calls * 1e6
    result["pss"] = memory["pss"] / 1e6
    result["rss"] = memory["rss"] / 1e6
    for process in processes:
        process.check()
    return result


def machine():
    """A line that says where and when the figures were taken."""
    cpu = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo", encoding="utf-8").read())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{len(os.sched_getaffinity(0))} CPUs ({cpu.group(1).strip() if cpu else platform.machine()}), "
            f"{memory:.0f} GiB, Linux {platform.release()}, {time.strftime('%Y-%m-%d')}, "
            f"{stolen():.0f} % of the CPU time taken by its host")


def cpu_times():
    """The CPU time since the machine started, and of it what its host gave to others (proc(5), /proc/stat)."""
    with open("/proc/stat", encoding="utf-8") as file:
        times = [int(word) for word in file.readline().split()[1:9]]
    return sum(times), times[7]


AT_START = cpu_times()


def stolen():
    """The share of the CPU time that was stolen since the run began, in percent: with much of it times mean little."""
    (total, taken), (total_before, taken_before) = cpu_times(), AT_START
    return 100 * (taken - taken_before) / max(1, total - total_before)


def median(results, name):
    """A figure of several measurements, the median."""
    return statistics.median(result[name] for result in results)


def ratio(own, other, name):
    """Flowhook's figure by a peer's, round by round, since the machine changes from one round to the next; the median."""
    return statistics.median(first[name] / second[name] for first, second in zip(own, other))


def table(heads, rows):
    """Prints a table in Markdown, the first column to the left."""
    widths = [max(len(str(row[column])) for row in [heads, *rows]) for column in range(len(heads))]

    def line(cells):
        texts = [str(cells[0]).ljust(widths[0])] + [str(c).rjust(w) for c, w in zip(cells[1:], widths[1:])]
        print("| " + " | ".join(texts) + " |")

    line(heads)
    print("|" + "|".join("-" * (width + 1) + ("-" if column == 0 else ":") for column, width in enumerate(widths)) + "|")
    for row in rows:
        line(row)


def say(text):
    """Tells how far the run has come."""
    print(text, file=sys.stderr, flush=True)
