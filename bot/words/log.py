"""What the log says: one line a thing, no word of a mail."""

from __future__ import annotations

FRENCH = {
    "{mail} is on the shelf: `run_bot.py show shelf` says why":
        "{mail} est sur l'étagère : `run_bot.py show shelf` dit pourquoi",
    "{mail} waits for another try": "{mail} attend un nouvel essai",
    "{mail} is read: {kind} from {marketplace}, in C-{case}": "{mail} est lu : {kind} de {marketplace}, dans C-{case}",
    "{mail} is read, and no case of its own: {code}": "{mail} est lu, sans affaire à lui : {code}",
    "D-{draft} has left: {words}": "D-{draft} est parti : {words}",
    "D-{draft} waits {minutes} minutes for another try: {words}":
        "D-{draft} attend {minutes} minutes avant un nouvel essai : {words}",
    "D-{draft} was refused: {words}": "D-{draft} a été refusé : {words}",
    "D-{draft}: nobody knows whether it left: {words}": "D-{draft} : personne ne sait si c'est parti : {words}",
}
