"""Theory beside measurement: the chance of agreement over lossy links.

    python examples/reliability.py
"""

import unisono as u

for row in u.sweep("pbft", n=[4, 7, 10], p=u.linspace(0.8, 1.0, 5), rounds=100_000).rows:
    inside = row["ci95_lo"] <= row["theory"] <= row["ci95_hi"]
    print(
        f"n={row['n']:>2} p={row['p']:.2f} theory={row['theory']:.6f} estimate={row['estimate']:.6f}",
        "inside the interval" if inside else "outside the interval",
    )
