"""The evidence pack, in French."""

from __future__ import annotations

FRENCH = {
    "Evidence: {shop}, order {order}": "Dossier de preuves : {shop}, commande {order}",
    "the seller's own word to his program": "parole du vendeur à son propre programme",
    "no longer kept as it came": "n'est plus gardé tel qu'il est arrivé",
    "The matter": "L'affaire",
    "What happened": "Ce qui s'est passé",
    "when": "quand",
    "what": "quoi",
    "Deadlines, and where they come from": "Échéances, et d'où elles viennent",
    "by when": "pour quand",
    "how it ended": "issue",
    "arithmetic": "calcul",
    "source": "source",
    "Files": "Fichiers",
    "file": "fichier",
    "To verify": "Pour vérifier",
    "In the unpacked folder: sha256sum -c SHA256SUMS": "Dans le dossier décompressé : sha256sum -c SHA256SUMS",
    "how": "comment",
    "seller": "vendeur",
    "marketplace": "place de marché",
    "reference": "référence",
    "order": "commande",
    "article": "article",
    "buyer": "acheteur",
    "opened": "ouverte",
    "gathered": "dossier établi",
    "all times": "heures",
    "{id}: posted in the marketplace's account by hand": "{id} : posté à la main dans le compte de la place de marché",
    "{id}, try {number}: {outcome}: {answer}": "{id}, essai {number} : {outcome} : {answer}",
    "to": "à",
    "Answer of the seller": "Réponse du vendeur",
    "stated in the mail": "dit dans le message",
    "{path}: {mails} mails, {answers} answers, each with its SHA-256.":
        "{path} : {mails} messages, {answers} réponses, chacun avec son SHA-256.",
    "Left out: {id}, {why}.": "Laissé de côté : {id}, {why}.",
    "Say who or what, and the file: export \"Jean Dupont\" jean.zip, or export case C-12 preuves.zip":
        "Dites qui ou quoi, et le fichier : export \"Jean Dupont\" jean.zip, ou export case C-12 preuves.zip",
}
