"""The guards' refusals, and the orders they guard, in French."""

from __future__ import annotations

FRENCH = {
    # the orders
    "Say with whom it was shipped: shipped {which} {number} Colissimo":
        "Dites avec qui c'est expédié : shipped {which} {number} Colissimo",
    "{said} is no discount: write 20% or 8 EUR": "{said} n'est pas une remise : écrivez 20% ou 8 EUR",
    "{id} offers {offer}, to {to}.": "{id} propose {offer}, à {to}.",
    "{said} is no day: write it as 2026-11-20": "{said} n'est pas un jour : écrivez-le 2026-11-20",
    "the seller ordered {offer}": "le vendeur a ordonné {offer}",
    "your next step is {offer}": "votre palier suivant est {offer}",
    # who may be written to
    "{address} is no address of {marketplace}: nothing is sent there; answer in your account":
        "{address} n'est pas une adresse de {marketplace} : rien n'y est envoyé ; répondez dans votre compte",
    "the mailbox {mailbox} no longer stands in mailboxes.toml, and from another address the marketplace would refuse "
    "the mail; put it back, or answer in your account":
        "la boîte {mailbox} n'est plus dans mailboxes.toml, et depuis une autre adresse la place de marché refuserait "
        "le message ; remettez-la, ou répondez dans votre compte",
    "the claim is in the hands of Customer Service: no direct message to the buyer any more; write to Customer "
    "Service on the page of the claim":
        "la réclamation est entre les mains du Service Clients : plus de message direct à l'acheteur ; écrivez au "
        "Service Clients depuis la page de la réclamation",
    "received {days} days ago, over {limit}: no direct message to the buyer any more; write to Customer Service":
        "reçu il y a {days} jours, plus de {limit} : plus de message direct à l'acheteur ; écrivez au Service Clients",
    "ordered {days} days ago, over {limit}: no direct message to the buyer any more; write to Customer Service":
        "commandé il y a {days} jours, plus de {limit} : plus de message direct à l'acheteur ; écrivez au Service "
        "Clients",
    # a visitor's question
    "a visitor can be answered once only, and words that only acknowledge would spend it: the answer waits for your "
    "yes":
        "on ne répond qu'une seule fois à un visiteur, et un simple accusé de réception gâcherait cette réponse : elle "
        "attend votre accord",
    "a visitor can be answered once only, and this question has D-{number} ({state})":
        "on ne répond qu'une seule fois à un visiteur, et cette question a déjà D-{number} ({state})",
    "D-{number} has left, or may have, and a visitor can be answered once only; look in your account":
        "D-{number} est partie, ou l'est peut-être, et on ne répond qu'une seule fois à un visiteur ; regardez dans "
        "votre compte",
    # a discount
    'your wallet at {marketplace} is empty, so no discount can be paid from it; once it is filled, write wallet = "ok" '
    "in mailboxes.toml":
        "votre porte-monnaie {marketplace} est vide, aucune remise ne peut en être payée ; une fois rempli, écrivez "
        'wallet = "ok" dans mailboxes.toml',
    'your wallet at {marketplace} is blocked, so no discount can be paid from it; once it is free, write wallet = "ok" '
    "in mailboxes.toml":
        "votre porte-monnaie {marketplace} est bloqué, aucune remise ne peut en être payée ; une fois débloqué, "
        'écrivez wallet = "ok" dans mailboxes.toml',
    "a withdrawal is open for this order: no discount is offered until it is over":
        "une rétractation est ouverte pour cette commande : aucune remise n'est proposée avant sa fin",
    "a discount of {percent} % is none: order 1 to 100 %":
        "une remise de {percent} % n'en est pas une : ordonnez de 1 à 100 %",
    "this is no sum to take off: order it as 20% or 8 EUR":
        "ce n'est pas une somme à déduire : ordonnez-la comme 20% ou 8 EUR",
    "no mail says what the item is worth, so {percent} % of it cannot be reckoned; order the sum instead, such as "
    "8 EUR":
        "aucun message ne dit ce que vaut l'article, {percent} % ne se calculent donc pas ; ordonnez plutôt la somme, "
        "comme 8 EUR",
    "no mail says what the item is worth, so nobody can tell whether {percent} % stay below your cap of {cap}; order "
    "the sum instead, such as 8 EUR":
        "aucun message ne dit ce que vaut l'article, personne ne sait donc si {percent} % restent sous votre plafond "
        "de {cap} ; ordonnez plutôt la somme, comme 8 EUR",
    "no mail says what the item is worth: whether this is below the limits in percent was not checked":
        "aucun message ne dit ce que vaut l'article : les limites en pour cent n'ont pas été vérifiées",
    "{offer} is above {most} % of the item's value ({value}), the most that {marketplace} allows":
        "{offer} dépasse {most} % de la valeur de l'article ({value}), le maximum admis par {marketplace}",
    "{offer} is above your own cap of {cap} % (cap_percent in mailboxes.toml)":
        "{offer} dépasse votre propre plafond de {cap} % (cap_percent dans mailboxes.toml)",
    "{offer} cannot be held against your cap of {cap}: they are of two currencies":
        "{offer} ne se compare pas à votre plafond de {cap} : ce sont deux monnaies",
    "{offer} ({amount}) is above your own cap of {cap} (cap_amount in mailboxes.toml)":
        "{offer} ({amount}) dépasse votre propre plafond de {cap} (cap_amount dans mailboxes.toml)",
    "{offer} was proposed already (D-{number}); each step is proposed once":
        "{offer} a déjà été proposé (D-{number}) ; chaque palier n'est proposé qu'une fois",
    "{most} % were proposed already; {offer} would go back":
        "{most} % ont déjà été proposés ; {offer} serait un retour en arrière",
    "{offer} is not the next of your steps": "{offer} n'est pas le palier suivant",
    # a withdrawal
    "a withdrawal is never cancelled as a sale: it has shipped, so give the tracking number and the date of shipment; "
    "whether an exception of the law holds, Customer Service decides":
        "une rétractation ne s'annule jamais comme une vente : c'est expédié, donnez donc le numéro de suivi et la "
        "date d'expédition ; si une exception de la loi s'applique, le Service Clients le décide",
    "a withdrawal is never cancelled as a sale, for that would count in your cancellation rate: not shipped, tell "
    "Customer Service, which cancels it; shipped, give the tracking number and the date; exceptions of the law "
    "(unsealed discs and software, made to measure, perishable, unsealed hygiene goods, inseparably mixed goods, "
    "press, digital content begun) are Customer Service's to apply":
        "une rétractation ne s'annule jamais comme une vente, car cela compterait dans votre taux d'annulation : non "
        "expédiée, dites-le au Service Clients, qui l'annule ; expédiée, donnez le numéro de suivi et la date ; les "
        "exceptions de la loi (disques et logiciels descellés, sur mesure, périssable, hygiène descellée, biens "
        "mélangés de façon indissociable, presse, contenu numérique commencé) reviennent au Service Clients",
    # a parcel
    "a withdrawal is refunded only with a valid tracking number: give the parcel's":
        "une rétractation n'est remboursée qu'avec un numéro de suivi valide : donnez celui du colis",
    'the tracking number is missing: only Normal shipping needs none (then write the carrier as "La Poste normal")':
        "il manque le numéro de suivi : seul l'envoi Normal s'en passe (écrivez alors le transporteur "
        '"La Poste normal")',
    "{number} has not the form of a number of {carrier}'s: read it again on the receipt":
        "{number} n'a pas la forme d'un numéro de {carrier} : relisez-le sur le récépissé",
    "nothing is known of {carrier}'s numbers: {number} was taken as it is":
        "on ne sait rien des numéros de {carrier} : {number} a été pris tel quel",
    "the item is worth {value}, and above {limit} shipping must be registered; if it was, say so with the carrier, "
    'such as "Colissimo recommandé"':
        "l'article vaut {value}, et au-dessus de {limit} l'envoi doit être recommandé ; s'il l'était, dites-le avec "
        'le transporteur, comme "Colissimo recommandé"',
    "no mail says what the item is worth: above {limit} shipping must be registered":
        "aucun message ne dit ce que vaut l'article : au-dessus de {limit} l'envoi doit être recommandé",
    'the buyer was promised "{promised}", and this is less; if it was that or better, say so with the carrier, such '
    'as "Colissimo recommandé" or "Chronopost express"':
        'l\'acheteur avait la promesse "{promised}", et ceci est moins ; si c\'était cela ou mieux, dites-le avec le '
        'transporteur, comme "Colissimo recommandé" ou "Chronopost express"',
    "{day} lies ahead: say that it was shipped once it was":
        "le {day} est à venir : dites que c'est expédié une fois que ça l'est",
    # how much
    "D-{number} answers the same message already ({state}); one message gets one reply":
        "D-{number} répond déjà au même message ({state}) ; un message reçoit une seule réponse",
    "{count} replies left alone in this case within 24 hours: the next one waits for your yes":
        "{count} réponses sont parties seules dans cette affaire en 24 heures : la suivante attend votre accord",
    "{count} replies left alone to {domain} within an hour: the next one waits for your yes":
        "{count} réponses sont parties seules vers {domain} en une heure : la suivante attend votre accord",
    "{count} replies left alone from this mailbox within a day: the next one waits for your yes":
        "{count} réponses sont parties seules de cette boîte en un jour : la suivante attend votre accord",
}
