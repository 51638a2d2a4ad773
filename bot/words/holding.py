"""Why nothing leaves by itself on a mail's account, in French."""

from __future__ import annotations

FRENCH = {
    "reply_to_foreign: the mail wants its answers at another domain than its own":
        "reply_to_foreign: le message demande ses réponses sur un autre domaine que le sien",
    "alternatives_differ: the mail holds words that nobody sees, or shows a person others than a program; only what "
    "is seen was read":
        "alternatives_differ: le message contient des mots que personne ne voit, ou en montre d'autres à une "
        "personne qu'à un programme ; seul ce qui se voit a été lu",
    "ambiguous_intent: the message wants several things at once, and speaks of a dispute: you decide":
        "ambiguous_intent: le message veut plusieurs choses à la fois et parle d'un litige : à vous de décider",
    "legal_request: the buyer asks for his personal data, or for their erasure: answer within a month (GDPR, article "
    "12); what Guichet keeps of him is erased with run_bot.py forget":
        "legal_request: l'acheteur demande ses données personnelles, ou leur effacement : répondez sous un mois "
        "(RGPD, article 12) ; ce que Guichet garde de lui s'efface avec run_bot.py forget",
    "legal_request: the buyer speaks of the law, the police or an authority: you answer yourself":
        "legal_request: l'acheteur parle de justice, de police ou d'une autorité : répondez vous-même",
    "date_implausible: dated {date:%Y-%m-%d}, after it arrived; deadlines count from when it arrived":
        "date_implausible: daté du {date:%Y-%m-%d}, après son arrivée ; les délais comptent depuis son arrivée",
    "order_unknown: no mail of {marketplace}'s ever told of the order {order}, though its sales are told here; it may "
    "be another account's":
        "order_unknown: aucun message de {marketplace} n'a jamais annoncé la commande {order}, alors que ses ventes "
        "sont annoncées ici ; elle peut être d'un autre compte",
    "reply_cap: a reply left alone in this case within 24 hours; another might answer a machine":
        "reply_cap: une réponse est déjà partie seule dans cette affaire en 24 heures ; une autre répondrait "
        "peut-être à une machine",
    "it sends back a mail that is none of ours; nothing changes":
        "il renvoie un message qui n'est pas de nous ; rien ne change",
}
