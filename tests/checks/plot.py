"""A soak's samples as SVG: small plots, one under the other, each with the minutes below."""
WIDTH, HEIGHT, LEFT = 860, 110, 70
PLOTS = [
    ("memory, MiB", [("rss_kib", "RSS"), ("anon_kib", "anonymous"), ("managed_kib", "managed")],
     1 / 1024),
    ("descriptors and flows", [("fds", "descriptors"), ("tcp_flows", "TCP"), ("udp_flows", "UDP")],
     1),
    ("connect latency, ms", [("p50_us", "median"), ("p99_us", "p99")], 1 / 1000),
    ("failures in 10 s", [("probe_failures", "probe"), ("load_failures", "load")], 1),
]
COLOURS = ["#1f77b4", "#d62728", "#2ca02c"]


def nice(top):
    step = 1
    while step * 10 < top:
        step *= 10
    return next(step * m for m in (1, 2, 5, 10) if step * m >= top)


def draw(rows, path):
    last = max(r["second"] for r in rows)
    total = len(PLOTS) * (HEIGHT + 45) + 30
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 20}" height="{total}" '
           'font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']
    for index, (title, lines, scale) in enumerate(PLOTS):
        base = 25 + index * (HEIGHT + 45) + HEIGHT
        # The latencies of a machine with other work have spikes: the plot shows all but the worst.
        shown = [r for r in rows if not (r["quiet"] and lines[0][0] == "p50_us")]
        values = sorted(r[key] * scale for r in shown for key, _ in lines)
        top = nice(max(1, values[-1]))
        out.append(f'<text x="{LEFT}" y="{base - HEIGHT - 8}">{title}</text>')
        for share in (0, 0.5, 1):
            y = base - share * HEIGHT
            out.append(f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y}" y2="{y}" stroke="#ddd"/>'
                       f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{top * share:g}</text>')
        for place, (key, name) in enumerate(lines):
            points = " ".join(
                f"{LEFT + r['second'] / last * WIDTH:.1f},"
                f"{base - r[key] * scale / top * HEIGHT:.1f}"
                for r in shown)
            out.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[place]}" '
                       'stroke-width="1.2"/>'
                       f'<text x="{LEFT + 220 + place * 130}" y="{base - HEIGHT - 8}" '
                       f'fill="{COLOURS[place]}">{name}</text>')
        step = max(1, round(last / 60 / 12))
        for minute in range(0, int(last / 60) + 1, step):
            x = LEFT + minute * 60 / last * WIDTH
            out.append(f'<text x="{x:.1f}" y="{base + 15}" text-anchor="middle">{minute}</text>')
    out.append(f'<text x="{LEFT + WIDTH}" y="{total - 6}" text-anchor="end">minutes</text></svg>')
    with open(path, "w") as f:
        f.write("\n".join(out) + "\n")
