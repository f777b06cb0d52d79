import runpy
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_the_example_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    example = README.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    rows = [(100, 90), (90, 95), (95, 95)]
    lines = [
        f"2026-01-05T0{hour}:00:00Z,1h,{open_},100,90,{close},1"
        for hour, (open_, close) in enumerate(rows)
    ]
    head = "open_time,interval,open,high,low,close,volume"
    (tmp_path / "candles.csv").write_text("\n".join([head, *lines]))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    runpy.run_path("example.py")
    assert "round trips             1\n" in capsys.readouterr().out
