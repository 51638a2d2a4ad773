"""French of what is said of a mail that cannot be read, and of a sender who cannot be believed."""

from __future__ import annotations

FRENCH = {
    "The mail has {size} bytes, at most {limit} are read; look at it in your mail program":
        "Le courriel fait {size} octets, {limit} au plus sont lus ; regardez-le dans votre messagerie",
    "A header of the mail has {size} bytes, at most {limit} are read; look at it in your mail program":
        "Un en-tête du courriel fait {size} octets, {limit} au plus sont lus ; regardez-le dans votre messagerie",
    "The mail has {count} header lines, at most {limit} are read; look at it in your mail program":
        "Le courriel a {count} lignes d'en-tête, {limit} au plus sont lues ; regardez-le dans votre messagerie",
    "The mail is addressed to {count} people, at most {limit} are read; look at it in your mail program":
        "Le courriel est adressé à {count} personnes, {limit} au plus sont lues ; "
        "regardez-le dans votre messagerie",
    "The mail has more than {limit} parts; look at it in your mail program":
        "Le courriel a plus de {limit} parties ; regardez-le dans votre messagerie",
    "The mail holds parts within parts, more than {limit} deep; look at it in your mail program":
        "Le courriel imbrique des parties sur plus de {limit} niveaux ; regardez-le dans votre messagerie",
    "The mail names more than one sender; look at it in your mail program and trust neither":
        "Le courriel nomme plus d'un expéditeur ; regardez-le dans votre messagerie et ne vous fiez à aucun",
    "The mail must name its sender as «Name <someone@example.org>», but has «{got}»; look at it in your mail program":
        "Le courriel doit nommer son expéditeur sous la forme «Nom <quelqu-un@example.org>», mais porte «{got}» ; "
        "regardez-le dans votre messagerie",
    "The mail could not be read ({trouble}); look at it in your mail program":
        "Le courriel n'a pas pu être lu ({trouble}) ; regardez-le dans votre messagerie",
    "{host} says {method}=pass for {domain}":
        "{host} dit {method}=pass pour {domain}",
    "the signature of {domain} covers only the beginning of the mail":
        "la signature de {domain} ne couvre que le début du courriel",
    "the signature of {domain} leaves out the sender, the recipient, the subject or the date":
        "la signature de {domain} ne couvre pas l'expéditeur, le destinataire, l'objet ou la date",
    "the mail has the header {name} more than once":
        "le courriel porte plus d'une fois l'en-tête {name}",
    "{host} says the mail is signed by {stranger}, not by {domain}":
        "{host} dit que le courriel est signé par {stranger}, et non par {domain}",
    "{host} says the signature is wrong":
        "{host} dit que la signature est fausse",
    "{host} says the mail does not come from {domain}":
        "{host} dit que le courriel ne vient pas de {domain}",
    "{host} found no proof of the sender":
        "{host} n'a trouvé aucune preuve de l'expéditeur",
    "no mail host you trust says who sent this":
        "aucun serveur de messagerie de confiance ne dit qui a envoyé ce courriel",
}
