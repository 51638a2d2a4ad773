"""What the alarms and the digest say, in French."""

from __future__ import annotations

FRENCH = {
    "it works again": "c'est réparé",
    "something is wrong with the bot": "quelque chose ne va pas avec le bot",
    "mailbox {name} is not read": "la boîte {name} n'est pas lue",
    "nothing can be sent from {name}": "rien ne peut partir de {name}",
    "the disk is nearly full": "le disque est presque plein",
    "the clock is wrong": "l'horloge n'est pas à l'heure",
    "the clock went back": "l'horloge a reculé",
    "mailbox {name} and what was kept of it differ": "la boîte {name} et ce qui en a été gardé diffèrent",
    "a part of the program fails": "une partie du programme échoue",
    "the program itself has a fault ({fault}); its log tells more":
        "le programme lui-même a un défaut ({fault}) ; son journal en dit plus",
    "Mailbox {mailbox} has not been read since {when}, and nothing says why; start the bot anew":
        "La boîte {mailbox} n'a pas été lue depuis {when}, et rien ne dit pourquoi ; relancez le bot",
    "this machine's clock says {now}, the mail server's said {then} with the newest mail; set the clock right. "
    "Until then nothing is sent to buyers":
        "l'horloge de cette machine dit {now}, celle du serveur de courrier disait {then} au dernier message ; "
        "remettez-la à l'heure. D'ici là rien ne part vers les acheteurs",
    "this machine's clock went back from {before} to {now}; if it is wrong now, set it right: deadlines are "
    "reckoned by it":
        "l'horloge de cette machine a reculé de {before} à {now} ; si elle est fausse maintenant, remettez-la à "
        "l'heure : les échéances en dépendent",
    "Trouble since {since}: {about}. {sentence}": "Panne depuis le {since} : {about}. {sentence}",
    "since {since}: {about}. {sentence}": "depuis le {since} : {about}. {sentence}",
    "see what the other lines say; it ends by itself when it works again":
        "voyez ce que disent les autres lignes ; l'alarme finit d'elle-même quand c'est réparé",
    # digest
    "asked for": "demandé",
    "once a day": "une fois par jour",
    "by itself, as you allow": "toute seule, comme vous le permettez",
    "on the yes of {who}": "sur le oui de {who}",
    "on your yes in the terminal": "sur votre oui dans le terminal",
    "on your yes": "sur votre oui",
    "the buyer must move": "à l'acheteur d'agir",
    "the marketplace must move": "à la place de marché d'agir",
}
