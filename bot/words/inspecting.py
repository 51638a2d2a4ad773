"""What `check` says of the machine, its Python, and of a mailbox beside its log-in."""

from __future__ import annotations

FRENCH = {
    "Python {version}: none of the known holes that concern mail is open":
        "Python {version} : aucune des failles connues qui touchent le courrier n'est ouverte",
    "Python {version} has known holes ({holes}); the bot has a guard of its own against each":
        "Python {version} a des failles connues ({holes}) ; contre chacune, le bot a sa propre protection",
    "update Python when your system offers it: apt upgrade":
        "mettez Python à jour quand votre système le propose : apt upgrade",
    "set by the network": "réglée par le réseau",
    "whether the network sets it cannot be told from here; the newest mails are compared below":
        "on ne peut pas dire d'ici si le réseau la règle ; les derniers messages sont comparés plus bas",
    "none are made: keep_backups is \"off\"": "aucune n'est faite : keep_backups est \"off\"",
    "copy the database yourself: `run_bot.py backup FILE`, or take the line out":
        "copiez la base vous-même : `run_bot.py backup FICHIER`, ou ôtez cette ligne",
    "the first will be made in {folder} by the first pass": "la première sera faite dans {folder} au premier passage",
    "none of {count} in {folder} is sound": "aucune des {count} dans {folder} n'est saine",
    "`run_bot.py backup FILE`, on another disk": "`run_bot.py backup FICHIER`, sur un autre disque",
    "the newest good one is of {when}": "la dernière bonne est du {when}",
    "one is made by each day's first pass: is the bot running? `run_bot.py check --alive`":
        "le premier passage de chaque jour en fait une : le bot tourne-t-il ? `run_bot.py check --alive`",
    "{count} in {folder}, the newest of {when}": "{count} dans {folder}, la dernière du {when}",
    "the server tells nothing of a quota": "le serveur ne dit rien d'un quota",
    "{percent} % full ({used} of {limit} MiB)": "pleine à {percent} % ({used} sur {limit} Mio)",
    "delete or move old mail: to a full mailbox no claim is delivered":
        "effacez ou déplacez d'anciens messages : dans une boîte pleine, aucune réclamation n'arrive",
    "what leaves is looked for, and filed, in {folder}": "ce qui part est cherché, et rangé, dans {folder}",
    "there is no Sent folder": "il n'y a pas de dossier des messages envoyés",
    "make a folder named Sent: after a broken connection it tells whether a reply has left":
        "créez un dossier nommé Sent : après une coupure, il dit si une réponse est partie",
    "this machine's clock says {now}, the server's said {then} with the newest mail":
        "l'horloge de cette machine dit {now}, celle du serveur disait {then} au dernier message",
    "set the clock right: deadlines are reckoned by it (timedatectl set-ntp true)":
        "réglez l'horloge : les échéances se calculent sur elle (timedatectl set-ntp true)",
    "the server's clock is not ahead of this machine's": "l'horloge du serveur n'avance pas sur celle de cette machine",
    "{count} replies from {address} were refused in the last {days} days; see `show outbox`":
        "{count} réponses de {address} ont été refusées ces {days} derniers jours ; voir `show outbox`",
    "whether {address} is authorised at {shops} cannot be seen from here. {remedy}":
        "on ne peut pas voir d'ici si {address} est autorisée chez {shops}. {remedy}",
    "Authorise it in Seller Central, in the settings of buyer messages †; what comes from another address never "
    "reaches a buyer":
        "Autorisez-la dans Seller Central, dans les réglages des messages acheteurs † ; ce qui vient d'une autre "
        "adresse n'atteint jamais un acheteur",
    "Name it in your seller account as the address you write from":
        "Indiquez-la dans votre compte vendeur comme l'adresse d'où vous écrivez",
}
