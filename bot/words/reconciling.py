"""What is said when the mails on the server and those kept here are compared."""

from __future__ import annotations

FRENCH = {
    "Mailbox {mailbox}: it could not be compared with what was kept ({error})":
        "Boîte {mailbox} : elle n'a pas pu être comparée avec ce qui a été gardé ({error})",
    "Mailbox {mailbox}: {count} mails came more than an hour ago and are not read yet ({which}); see whether the "
    "program is running":
        "Boîte {mailbox} : {count} mails sont arrivés il y a plus d'une heure et ne sont pas encore lus ({which}) ; "
        "vérifiez que le programme tourne",
    "Mailbox {mailbox}: {count} mails in {folder} were never kept (numbers {which}); look at them in your mail "
    "program, and move them out and back in: then they count as new":
        "Boîte {mailbox} : {count} mails de {folder} n'ont jamais été gardés (numéros {which}) ; regardez-les dans "
        "votre logiciel de messagerie, puis déplacez-les ailleurs et remettez-les : ils compteront comme nouveaux",
    "Mailbox {mailbox}: mails of {names} lie in {folder}, where nobody reads them; move them to {inbox} and tell your "
    "mail host that they are no junk":
        "Boîte {mailbox} : des mails de {names} se trouvent dans {folder}, où personne ne les lit ; déplacez-les vers "
        "{inbox} et indiquez à votre hébergeur que ce ne sont pas des indésirables",
    "compared on {at:%Y-%m-%d %H:%M} UTC: every mail of the last {days} days was kept and read":
        "comparée le {at:%Y-%m-%d %H:%M} UTC : chaque mail des {days} derniers jours a été gardé et lu",
    "not compared with the server yet; a pass or the running program does it once a day":
        "pas encore comparée avec le serveur ; un passage ou le programme en marche le fait une fois par jour",
    "see `run_bot.py show shelf`, and look into the mailbox with your mail program":
        "voyez `run_bot.py show shelf`, et regardez dans la boîte avec votre logiciel de messagerie",
}
