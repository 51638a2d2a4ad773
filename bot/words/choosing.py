"""What the seller may choose, and why not, in French."""

from __future__ import annotations

FRENCH = {
    "a visitor can be answered once only: answer him in your account":
        "un visiteur ne peut recevoir qu'une seule réponse : répondez-lui dans votre compte",
    "accept": "accepter",
    "refuse": "refuser",
    "return": "retour",
    "refund": "rembourser",
    "not shipped": "pas expédié",
    "this sale has its answer already: D-{number}, {choice} ({state})":
        "cette vente a déjà sa réponse : D-{number}, {choice} ({state})",
    "it has shipped, as was said before ({number}): it can be neither cancelled nor called not shipped; refuse, or "
    "take it back once it has arrived":
        "c'est expédié, comme il a été dit ({number}) : on ne peut plus l'annuler ni le dire non expédié ; refusez, ou "
        "reprenez l'article une fois qu'il est arrivé",
    "{choice} does not fit this case, nor does any other such order: answer in your own words":
        "{choice} ne convient pas à cette affaire, ni aucun autre ordre de ce genre : répondez avec vos propres mots",
    "{choice} does not fit this case; what fits: {fitting}":
        "{choice} ne convient pas à cette affaire ; ce qui convient : {fitting}",
    "a sum goes with a refund only: order the refund of {amount}, or leave it out":
        "une somme ne va qu'avec un remboursement : ordonnez le remboursement de {amount}, ou laissez-la de côté",
    "{said} is no sum to refund: write it with its currency, such as 8 EUR":
        "{said} n'est pas une somme à rembourser : écrivez-la avec sa monnaie, comme 8 EUR",
    "{amount} cannot be held against the item's value of {value}: they are of two currencies":
        "{amount} ne se compare pas à la valeur de l'article, {value} : ce sont deux monnaies",
    "{amount} is more than the item's value ({value}): no more than that is refunded":
        "{amount} dépasse la valeur de l'article ({value}) : on ne rembourse pas plus",
    "D-{number} says that already ({state})": "D-{number} le dit déjà ({state})",
    "the seller chose another answer": "le vendeur a choisi une autre réponse",
    "you chose: {choice}": "votre choix : {choice}",
    "no mail says what the item is worth: whether the sum is below it was not checked":
        "aucun message ne dit ce que vaut l'article : on n'a pas vérifié que la somme est inférieure",
    "a refund was started for this order before: look before you refund again":
        "un remboursement a déjà été lancé pour cette commande : vérifiez avant d'en faire un autre",
    # a reminder to rate
    "a rating has come in: nobody is reminded": "une évaluation est arrivée : on ne rappelle rien",
    "no reminder to rate after this: {kind}": "pas de rappel d'évaluation après ceci : {kind}",
    "the buyer waits for an answer himself: nobody is reminded":
        "l'acheteur attend lui-même une réponse : on ne rappelle rien",
    "the parcel was on its way or there {days} days ago, and no rating is known":
        "le colis était parti ou arrivé il y a {days} jours, et aucune évaluation n'est connue",
    # no reply needed
    "only the marketplace's own link takes a message out of your response time":
        "seul le lien de la place de marché retire un message de votre délai de réponse",
    # offers
    "the marketplace says that it reached the buyer": "la place de marché dit qu'il est parvenu à l'acheteur",
    "your next step would be {offer}, if you order it": "votre palier suivant serait {offer}, si vous l'ordonnez",
}

# What is his own to do: a table of core/choosing.py.
YOURS = {
    "the refund itself is yours to make, in your account: the words move no money":
        "le remboursement lui-même se fait par vous, dans votre compte : le texte ne déplace pas d'argent",
    "accept the sale yourself, on its page": "acceptez vous-même la vente, sur sa page",
    "refuse the sale yourself, on its page": "refusez vous-même la vente, sur sa page",
    "cancel the order yourself, with the reason that the buyer asked for it: then it does not count":
        "annulez vous-même la commande, avec pour motif la demande de l'acheteur : alors cela ne compte pas",
    "authorise the return yourself, in your account": "autorisez vous-même le retour, dans votre compte",
    "close the request yourself, in your account, with one of the reasons offered there; the message may have 1,000 "
    "characters at Amazon":
        "fermez vous-même la demande, dans votre compte, avec un des motifs proposés ; le message peut avoir 1 000 "
        "caractères chez Amazon",
    "do not ship it any more, and do not cancel a withdrawal yourself: that would count in your cancellation rate":
        "ne l'expédiez plus, et n'annulez pas vous-même une rétractation : cela compterait dans votre taux "
        "d'annulation",
}
FRENCH |= YOURS
DYNAMIC = {"accept", "refuse", "return", "refund", "not shipped", *YOURS}  # chosen by the fact `choice`
