"""Forgetting a buyer, and handing over what is kept about him, in French."""

from __future__ import annotations

FRENCH = {
    "Nothing is kept about {who}: give a buyer's name, his address, an order number, or a case such as C-12":
        "Rien n'est gardé sur {who} : donnez le nom d'un acheteur, son adresse, un numéro de commande, ou une affaire "
        "comme C-12",
    "forgotten: erased on your order": "forgotten: effacé sur votre ordre",
    "D-{number} is just on its way: try again when it has left; nothing was erased":
        "D-{number} est en train de partir : réessayez quand il sera parti ; rien n'a été effacé",
    "{count} backups still hold it; the last goes in {days} days. --backups erases them now.":
        "{count} sauvegardes le contiennent encore ; la dernière disparaît dans {days} jours. --backups les efface "
        "tout de suite.",
    "Another program was reading, so the log of the database still holds what was erased: end that program once "
    "(`run`, the dashboard), and it is gone.":
        "Un autre programme lisait, le journal de la base contient donc encore ce qui a été effacé : arrêtez une fois "
        "ce programme (`run`, le tableau de bord), et c'est parti.",
    "Erased: {kept}. The same mails, sent again, are still known and not answered again.":
        "Effacé : {kept}. Les mêmes messages, renvoyés, restent reconnus et n'auront pas de nouvelle réponse.",
    " {count} deadlines still run and would end.": " {count} échéances courent encore et prendraient fin.",
    "About {who} is kept: {kept}.{running} Nothing was erased; add --yes to erase it for good.":
        "Sur {who} sont gardés : {kept}.{running} Rien n'a été effacé ; ajoutez --yes pour l'effacer pour de bon.",
    "summary": "resume",
    "There is a file {path} already: name another one": "Il y a déjà un fichier {path} : donnez-en un autre",
    "{path} cannot be written ({words}): check the disk and the rights of this user":
        "{path} ne peut pas être écrit ({words}) : vérifiez le disque et les droits de cet utilisateur",
    "What {shop} keeps about {who}": "Ce que {shop} garde sur {who}",
    "Cases: {cases}. Mails: {mails}. The whole of it stands in buyer.json, the mails as they came in mails/, "
    "the answers in answers/.":
        "Affaires : {cases}. Messages : {mails}. Le tout est dans buyer.json, les messages tels qu'ils sont arrivés "
        "dans mails/, les réponses dans answers/.",
    "{path}: {cases} cases, {mails} mails, {answers} answers.":
        "{path} : {cases} affaires, {mails} messages, {answers} réponses.",
}
