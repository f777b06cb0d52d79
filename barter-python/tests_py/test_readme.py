import runpy
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_the_examples_of_the_readme_run(tmp_path, monkeypatch, capsys):
    rows = [(100, 90), (90, 95), (95, 95)]
    lines = [
        f"2026-01-05T0{hour}:00:00Z,1h,{open_},100,90,{close},1"
        for hour, (open_, close) in enumerate(rows)
    ]
    head = "open_time,interval,open,high,low,close,volume"
    (tmp_path / "candles.csv").write_text("\n".join([head, *lines]))
    trades = [f"2026-01-05T00:0{n}:00Z,100,1" for n in [0, 1, 2, 0]]
    (tmp_path / "trades.csv").write_text(
        "\n".join(["event_time,price,quantity", *trades])
    )
    monkeypatch.chdir(tmp_path)
    examples = README.read_text(encoding="utf-8").split("```python\n")[1:]
    assert len(examples) == 2
    shown = ["round trips             1\n", "3 candles; 1 trades came too late\n"]
    for example, expected in zip(examples, shown):
        (tmp_path / "example.py").write_text(example.split("```")[0], encoding="utf-8")
        runpy.run_path("example.py")
        assert expected in capsys.readouterr().out
