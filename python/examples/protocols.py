"""What does consensus cost? Run a shipped scenario, look at the cells, test the differences.

    python examples/protocols.py
"""

import unisono as u

run = u.run("protocols", preset="quick")
print(f"{len(run.cells)} cells in {run.folder}")

for row in run.summary["rows"]:
    if row.get("metric") == "latency_us_mean":
        print(row)

for pair in u.compare(run, by="protocol").holm():
    print(pair)
print(f"the report: {run.report}")
