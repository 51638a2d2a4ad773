"""What run_bot.py says before anything else can."""

from __future__ import annotations

FRENCH = {
    "Guichet needs the library {name}, which {python} does not have: install it with "
    "`{go}.venv/bin/python -m pip install -r requirements.txt`.":
        "Guichet a besoin de la bibliothèque {name}, que {python} n'a pas : installez-la avec "
        "`{go}.venv/bin/python -m pip install -r requirements.txt`.",
    "Guichet needs the library {name}, which {python} does not have: start it with "
    "`{go}.venv/bin/python run_bot.py`.":
        "Guichet a besoin de la bibliothèque {name}, que {python} n'a pas : lancez-le avec "
        "`{go}.venv/bin/python run_bot.py`.",
    "Guichet needs the library {name}, which {python} does not have: install it with "
    "`{go}python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`, "
    "then start `.venv/bin/python run_bot.py`.":
        "Guichet a besoin de la bibliothèque {name}, que {python} n'a pas : installez-la avec "
        "`{go}python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`, "
        "puis lancez `.venv/bin/python run_bot.py`.",
}
