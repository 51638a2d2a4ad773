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
    "{count} replies left by themselves from {mailbox} within 10 minutes":
        "{count} réponses sont parties toutes seules de {mailbox} en 10 minutes",
    "{failed} of {count} replies that left by themselves from {mailbox} failed":
        "{failed} réponses sur {count} parties toutes seules de {mailbox} ont échoué",
    "its copy to our own mailbox arrived": "sa copie est arrivée dans notre propre boîte",
    "an answer to it arrived": "une réponse y est arrivée",
    "Mailbox {mailbox}: the relay does not give a reply to the mailbox itself, too ({words}); for a week replies leave "
    "without":
        "Boîte {mailbox} : le serveur ne remet pas aussi la réponse à la boîte elle-même ({words}) ; pendant une "
        "semaine, les réponses partent sans",
    "another Guichet answers from {address}, too": "un autre Guichet répond aussi depuis {address}",
    "The machine {host} works on {folder}; this one leaves everything to it":
        "La machine {host} travaille sur {folder} ; celle-ci lui laisse tout",
    "It was not stopped.": "Il n'était pas arrêté.",
}
