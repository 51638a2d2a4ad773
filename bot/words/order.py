"""What the orders do, and why one was not understood, in French."""

from __future__ import annotations

_MEANINGS = {
    "do what I propose: the draft leaves as it stands": "faire ce que je propose : le brouillon part tel quel",
    "send nothing: the draft is thrown away, the deadline stays":
        "ne rien envoyer : le brouillon est jeté, l'échéance demeure",
    "send your own words instead of the draft": "envoyer vos propres mots à la place du brouillon",
    "propose a discount, in percent or as a sum such as 5 €":
        "proposer une remise, en pour cent ou en somme comme 5 €",
    "the parcel has left: number, carrier and day": "le colis est parti : numéro, transporteur et jour",
    "it has not left": "il n'est pas parti",
    "accept what is asked": "accepter ce qui est demandé",
    "refuse what is asked; the reason may follow": "refuser ce qui est demandé ; le motif peut suivre",
    "ask the buyer to send it back": "demander à l'acheteur de le renvoyer",
    "refund the buyer, in full or a sum such as 12.50 €":
        "rembourser l'acheteur, en entier ou une somme comme 12,50 €",
    "remind me again after that time": "me le rappeler après ce délai",
    "the message needs no reply": "le message n'appelle pas de réponse",
    "close the case": "clore l'affaire",
    "tell how a case stands: its number, the order's, or a name":
        "dire où en est une affaire : son numéro, celui de la commande, ou un nom",
    "send the day's summary now": "envoyer maintenant le résumé du jour",
    "do nothing alone until I say so": "ne plus rien faire seul jusqu'à nouvel ordre",
    "go on after a pause": "reprendre après une pause",
    "list the orders": "donner la liste des ordres",
    "it did not go out: send it again": "ce n'est pas parti : l'envoyer à nouveau",
    "it is done, or it did go out": "c'est fait, ou c'est bien parti",
}
DYNAMIC = set(_MEANINGS)  # looked up by word, never written out in a call

FRENCH = {
    **_MEANINGS,
    "I find no order in this: write one alone on the first line, such as «ok» or «later 4h»":
        "Je ne trouve aucun ordre là-dedans : écrivez-en un seul sur la première ligne, comme « ok » ou "
        "« plus tard 4h »",
    "«{said}» is no order I know: write one alone on the first line, such as «ok» or «later 4h», or your words for "
    "the buyer between a line «text:» and a line «end»":
        "« {said} » n'est pas un ordre que je connais : écrivez-en un seul sur la première ligne, comme « ok » ou "
        "« plus tard 4h », ou vos mots pour l'acheteur entre une ligne « texte : » et une ligne « fin »",
    "There are no words between «text:» and «end»: write there what the buyer is to read":
        "Il n'y a pas de mots entre « texte : » et « fin » : écrivez là ce que l'acheteur doit lire",
    "«{first}» and then «{second}» leave open what you want: nothing was done, write one order alone":
        "« {first} » puis « {second} » laissent ouvert ce que vous voulez : rien n'a été fait, écrivez un seul ordre",
    "«{said}» is no sum I can be sure of: write one, such as 20% or 12.50 €":
        "« {said} » n'est pas une somme dont je puisse être sûr : écrivez-en une seule, comme 20% ou 12,50 €",
    "How much is the discount? Write it as «discount 20%» or «discount 5 €»":
        "De combien est la remise ? Écrivez-la comme « remise 20% » ou « remise 5 € »",
    "«{said}» is no sum to refund: write it as «refund 12.50 €»":
        "« {said} » n'est pas une somme à rembourser : écrivez-la comme « rembourser 12,50 € »",
    "«{said}» is no length of time: write minutes, hours or days, such as 30m, 4h or 2d":
        "« {said} » n'est pas une durée : écrivez des minutes, des heures ou des jours, comme 30m, 4h ou 2j",
    "Which day did it leave? Write it as 2026-11-17, «yesterday» or nothing for today, once it has left":
        "Quel jour est-il parti ? Écrivez-le comme 2026-11-17, « hier », ou rien pour aujourd'hui, une fois qu'il est "
        "parti",
    "«{said}» does not name one day: write it as 2026-11-17":
        "« {said} » ne nomme pas un seul jour : écrivez-le comme 2026-11-17",
    "«{said}» does not give one tracking number: write it as «shipped 6A12345678901 Colissimo», or "
    "«shipped - La Poste» where it has none":
        "« {said} » ne donne pas un seul numéro de suivi : écrivez-le comme « expédié 6A12345678901 Colissimo », ou "
        "« expédié - La Poste » s'il n'en a pas",
    "With whom was it shipped? Write it as «shipped 6A12345678901 Colissimo»":
        "Avec qui est-ce expédié ? Écrivez-le comme « expédié 6A12345678901 Colissimo »",
}
