"""What is wrong with a template, in French."""

from __future__ import annotations

FRENCH = {
    "'{name}' in line {line} is not known": "« {name} », ligne {line}, est inconnu",
    "'{name}' in line {line} is empty": "« {name} », ligne {line}, est vide",
    "a mail that tells nothing": "un message qui ne dit rien",
    "Draft, to {to}:": "Brouillon, pour {to} :",
    "Text to paste, at {to}:": "Texte à coller, chez {to} :",
    "No draft": "Pas de brouillon",
    "no template {name} for {marketplace}": "pas de modèle {name} pour {marketplace}",
    "nothing to answer": "rien à répondre",
}
DYNAMIC = {"Draft, to {to}:", "Text to paste, at {to}:"}  # chosen by channel
