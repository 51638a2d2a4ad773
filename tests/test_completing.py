"""Shell completion, in the shells themselves where this machine has them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bot.cli import guichet, main
from bot.completing import CommandNameError, completing


def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text(completing(guichet, "bash", "guichet"))
    asks = f"""
        source {lines}
        COMP_WORDS=(guichet ch); COMP_CWORD=1; _guichet_completion guichet; echo "${{COMPREPLY[@]}}"
        COMPREPLY=()
        COMP_WORDS=(guichet init --mark); COMP_CWORD=2; _guichet_completion guichet; echo "${{COMPREPLY[@]}}"
        guichet --version
        """
    told = subprocess.run(["bash", "-c", asks], capture_output=True, text=True, cwd=tmp_path)
    assert told.stdout.splitlines() == ["check", "--marketplaces", "0.1.0"], told.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_understand_their_lines(shell: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    lines = tmp_path / "lines"
    lines.write_text(completing(guichet, shell, "guichet"))
    told = subprocess.run([shell, "-c", f"compdef() {{ :; }}\nsource {lines}; guichet --version"]
                          if shell == "zsh" else [shell, "-c", f"source {lines}; guichet --version"],
                          capture_output=True, text=True)
    assert told.stdout == "0.1.0\n", told.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_lines_call_this_program_by_its_full_path(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell, "--name", "guichet2"]) == 0
    told = capsys.readouterr().out
    assert told.count("run_bot.py") == 2
    assert "guichet2" in told
    assert "_RUN_BOT_PY_COMPLETE" in told


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(CommandNameError):
        completing(guichet, "bash", "x; rm -rf /")


def test_no_color_and_no_terminal_print_no_colours(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    main(["check", "--config", str(Path(__file__).resolve().parent.parent / "mailboxes.toml")])
    assert "\x1b" not in capsys.readouterr().out
