"""What is said of the switch that stops all automatic sending, and of the breaker that throws it."""

from __future__ import annotations

FRENCH = {
    "automatic sending is off ({reason}): this waits for your yes":
        "l'envoi automatique est arrêté ({reason}) : ceci attend votre accord",
    "you stopped it": "vous l'avez arrêté",
    "Nothing leaves by itself any more; what you approve still does. `run_bot.py resume` starts it again.":
        "Plus rien ne part tout seul ; ce que vous approuvez part encore. `run_bot.py resume` le relance.",
    "It was stopped already: {reason}.": "C'était déjà arrêté : {reason}.",
    "Automatic sending is on again; {count} waiting mails leave with the next pass.":
        "L'envoi automatique est relancé ; {count} messages en attente partent au prochain passage.",
    "It was not stopped.": "Il n'était pas arrêté.",
}
