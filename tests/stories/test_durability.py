"""What is written is on the disk before a mail leaves: seen in the system calls of the program as it is started."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.shop import ROOT, Shop
from tests.servers.smtp import SmtpServer

LETTER = "amazon/buyer_wrote_fr_order"


def calls(shop: Shop) -> list[str]:
    """Return the system calls of one pass that reach the disk or a server, in order."""
    trace = shop.folder / "trace"
    strace = shutil.which("strace")
    assert strace
    made = subprocess.run(
        [strace, "-f", "-qq", "-s", "12", "-e", "trace=fdatasync,fsync,sendto,write", "-o", str(trace), sys.executable,
         str(ROOT / "run_bot.py"), "--config", str(shop.settings), "once"], cwd=shop.folder, timeout=300, check=False,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "VENTES_PASSWORD": shop.password}, capture_output=True,
        text=True)
    if made.returncode:
        pytest.skip(f"nothing can be traced here: {made.stderr.strip()[:120]}")
    return trace.read_text("utf-8", "replace").splitlines()


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt install strace")
def test_the_record_is_on_the_disk_before_the_mail_is_handed_over(tmp_path: Path, dovecot: Dovecot) -> None:
    with SmtpServer(security="plain") as smtp:
        shop = Shop(tmp_path, dovecot, smtp)
        shop.settings.write_text(shop.settings.read_text().replace('security = "starttls"', 'security = "plain"'))
        shop.once()
        shop.arrives(LETTER)
        shop.once()
        shop.bot("approve", "C-1")
        seen = calls(shop)
        assert len(shop.to_buyers()) == 1
    handed = next(place for place, call in enumerate(seen) if re.search(r'"(?i:data)\\r\\n', call))
    asked = max(place for place, call in enumerate(seen[:handed]) if re.search(r'"(?i:rcpt)', call))
    assert any("sync(" in call for call in seen[asked:handed]), seen[asked:handed + 1]
