"""French of how a sender is proven: our own check of signatures, and senders who only look like a marketplace."""

from __future__ import annotations

FRENCH = {
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
