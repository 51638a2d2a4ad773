"""French of how a sender is proven: our own check of signatures, and senders who only look like a marketplace."""

from __future__ import annotations

FRENCH = {
    # check
    "{host} says of {times} of the newest {count} mails who sent them":
        "{host} dit de {times} des {count} derniers messages qui les a envoyés",
    "your mail host says who sent a mail, in {times} of the newest {count}, and it is not believed yet":
        "votre hébergeur dit qui a envoyé {times} des {count} derniers messages, et on ne l'en croit pas encore",
    'write authserv_id = "{host}" into the section of this mailbox':
        'écrivez authserv_id = "{host}" dans la section de cette boîte',
    "signatures are checked by the bot itself; your mail host says nothing of senders":
        "le bot vérifie lui-même les signatures ; votre hébergeur ne dit rien des expéditeurs",
    "write check_dkim = true into the section of this mailbox: then the bot checks signatures itself":
        "écrivez check_dkim = true dans la section de cette boîte : le bot vérifie alors lui-même les signatures",
    "{host} is believed; too few mails have come to see whether it says anything":
        "{host} est cru ; trop peu de messages sont arrivés pour voir s'il dit quelque chose",
    "set authserv_id to the first word of the Authentication-Results header your mail host writes, or run "
    "`check` again when {count} mails have come":
        "donnez à authserv_id le premier mot de l'en-tête Authentication-Results qu'écrit votre hébergeur, ou "
        "relancez `check` quand {count} messages seront arrivés",
    "the word of {host} stands only where anybody could have written it, below the line with which the "
    "mail came in (Gmail writes so): no mail counts as proven":
        "la parole de {host} ne se trouve que là où n'importe qui aurait pu l'écrire, sous la ligne par laquelle le "
        "message est entré (Gmail écrit ainsi) : aucun message ne compte comme prouvé",
    "your mail host wrote into none of the newest {count} mails who sent them, or did not name itself: "
    "no mail counts as proven":
        "votre hébergeur n'a écrit dans aucun des {count} derniers messages qui les a envoyés, ou sans se nommer : "
        "aucun message ne compte comme prouvé",
    "DNS answers when asked for a key ({key})":
        "le DNS répond quand on lui demande une clé ({key})",
    # the shelf
    "no marketplace writes from {sender}{shown}: it looks like {like}, but is not":
        "aucune place de marché n'écrit depuis {sender}{shown} : cela ressemble à {like}, mais ce ne l'est pas",
    ", shown as {domain}":
        ", affiché {domain}",
    "no marketplace writes from {sender}; the address in its name, {name}, is not where it comes from":
        "aucune place de marché n'écrit depuis {sender} ; l'adresse dans son nom, {name}, n'est pas d'où il vient",
    # signatures
    "the mail is signed by {domain}":
        "le courriel est signé par {domain}",
    "the mail is signed by {stranger}, not by {domain}":
        "le courriel est signé par {stranger}, et non par {domain}",
    "the mail has no signature":
        "le courriel n'a pas de signature",
    "the signature of {domain} is made in a way that is not believed ({algorithm})":
        "la signature de {domain} est faite d'une manière à laquelle on ne se fie pas ({algorithm})",
    "the signature of {domain} had expired when the mail came":
        "la signature de {domain} avait expiré quand le courriel est arrivé",
    "the signature of {domain} is dated in the future":
        "la signature de {domain} est datée de l'avenir",
    "the mail is too long to check its signature":
        "le courriel est trop long pour vérifier sa signature",
    "the mail was changed after {domain} had signed it":
        "le courriel a été modifié après que {domain} l'a signé",
    "the signature of {domain} cannot be read":
        "la signature de {domain} est illisible",
    "{domain} has no key {name} to check its signature by":
        "{domain} n'a pas de clé {name} pour vérifier sa signature",
    "the signature of {domain} is wrong":
        "la signature de {domain} est fausse",
    "DNS gave no answer about {name} within {seconds} s; check the network, or wait":
        "le DNS n'a pas répondu au sujet de {name} en {seconds} s ; vérifiez le réseau, ou attendez",
}
