"""One line for each column over the time, as SVG, each between zero and its most."""

WIDTH, HEIGHT, LEFT, COLORS = 900, 90, 150, ["#2a6f97", "#e07a2f"]


def draw(path, columns, rows):
    """The columns but the first, which is the time in seconds."""
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
             f'height="{HEIGHT * (len(columns) - 1) + 30}" font-family="sans-serif" '
             'font-size="12"><rect width="100%" height="100%" fill="white"/>']
    end = max(rows[-1][0], 1)
    for number, name in enumerate(columns[1:], 1):
        values = [row[number] for row in rows]
        most, base = max(max(values), 1), HEIGHT * number
        points = " ".join(
            f"{LEFT + (WIDTH - LEFT - 20) * row[0] / end:.1f},"
            f"{base - (HEIGHT - 25) * row[number] / most:.1f}" for row in rows)
        lines.append(f'<text x="8" y="{base - 20}">{name}</text>'
                     f'<text x="8" y="{base - 5}" fill="#666">{min(values):,} to {max(values):,}'
                     f'</text><line x1="{LEFT}" x2="{WIDTH - 20}" y1="{base}" y2="{base}" '
                     'stroke="#ccc"/><polyline fill="none" stroke-width="1.5" '
                     f'stroke="{COLORS[number % 2]}" points="{points}"/>')
    lines.append(f'<text x="{LEFT}" y="{HEIGHT * (len(columns) - 1) + 20}" fill="#666">0 to '
                 f'{end:,} s</text></svg>')
    with open(path, "w") as file:
        print(*lines, sep="\n", file=file)
