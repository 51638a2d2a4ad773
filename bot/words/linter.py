"""What is wrong with a text that is to leave, and the answers to frequent questions, in French."""

from __future__ import annotations

FRENCH = {
    "{count} characters where {limit} are allowed ({source}): shorten the text":
        "{count} caractères là où {limit} sont permis ({source}) : raccourcissez le texte",
    "line {line}, «{words}»: {what}, which the marketplace forbids ({source}); {remedy}":
        "ligne {line}, « {words} » : {what}, ce que la place de marché interdit ({source}) ; {remedy}",
    "line {line}, «{words}»: {what}; {remedy}": "ligne {line}, « {words} » : {what} ; {remedy}",
    "a link": "un lien",
    "take it out and say in words what it shows": "retirez-le et dites en mots ce qu'il montre",
    "an e-mail address": "une adresse e-mail",
    "a telephone number": "un numéro de téléphone",
    "take it out: the buyer answers to this very message": "retirez-le : l'acheteur répond à ce message même",
    "a postal address where no return is at issue": "une adresse postale alors qu'il n'est pas question de retour",
    "take it out": "retirez-la",
    "advertising": "de la publicité",
    "take it out: a message only serves this order or question":
        "retirez-la : un message ne sert que cette commande ou cette question",
    "a plea for a good rating": "une bonne note est sollicitée",
    "take it out, or ask for any rating at all": "retirez la phrase, ou demandez une note quelle qu'elle soit",
    "a reminder to rate": "un rappel de noter",
    "leave it out unless you are sure that it is welcome here":
        "retirez-le, sauf si vous êtes sûr qu'il est bienvenu ici",
    "another language than the buyer's": "une autre langue que celle de l'acheteur",
    "write in the buyer's language": "écrivez dans la langue de l'acheteur",
    "words only a person can say, in a mail that leaves by itself":
        "des mots que seule une personne peut dire, dans un message qui part tout seul",
    "say what the shop does instead": "dites plutôt ce que fait la boutique",
    "a blank nobody has filled in": "un blanc que personne n'a rempli",
    "fill it in": "complétez-le",
    "HTML, which the buyer would see as it stands": "du HTML, que l'acheteur verrait tel quel",
    "write plain text": "écrivez du texte simple",
    "an image or logo": "une image ou un logo",
    "take it out: only text is sent": "retirez-le : seul du texte est envoyé",
    "something attached is announced, but only text is sent":
        "une pièce jointe est annoncée, mais seul du texte est envoyé",
    "send it in your account, or take the words out": "envoyez-la depuis votre compte, ou retirez ces mots",
    # check
    "{count} answers of your own can be read": "{count} réponses à vous se lisent",
    "{template}, tried on {sample}: {error}": "{template}, essayé sur {sample} : {error}",
    "mend the template": "corrigez le modèle",
    "{count} replies to samples were written, nothing is wrong with them":
        "{count} réponses à des exemples ont été écrites, sans rien à redire",
    # drafts, orders and answers
    "your answer {name} fits": "votre réponse {name} convient",
    "the seller wrote it himself": "le vendeur l'a écrit lui-même",
    "There are no words for D-{number}: nothing is changed":
        "Il n'y a pas de texte pour D-{number} : rien n'est changé",
    "D-{number} must not leave like this: {remarks}. Answer its mail with words of "
    "your own, or put them into a file and type `run_bot.py approve D-{number} --text FILE`; "
    "`run_bot.py discard D-{number}` throws it away":
        "D-{number} ne doit pas partir ainsi : {remarks}. Répondez à son message par un texte à vous, ou mettez-le "
        "dans un fichier et tapez `run_bot.py approve D-{number} --text FICHIER` ; "
        "`run_bot.py discard D-{number}` le jette",
    "Mind: {remark}": "Attention : {remark}",
    "{path} is not UTF-8 text: save it as UTF-8 and try again":
        "{path} n'est pas un texte UTF-8 : enregistrez-le en UTF-8 et recommencez",
    "There is no answer yet in templates/answers: docs/answers.md says how to write one.":
        "Il n'y a pas encore de réponse dans templates/answers : docs/reponses.md dit comment en écrire une.",
    "asked {times} times in {days} days: add the answer to your listing":
        "demandé {times} fois en {days} jours : ajoutez la réponse à votre annonce",
    "The answer {name} needs a line «Words: …», a blank line, and then what it says":
        "La réponse {name} demande une ligne « Mots : … », une ligne vide, puis son texte",
    "The answer {name} begins with «{line}»: its first lines are Words, Unless, Languages, For and Answers, "
    "each with a colon, and then comes a blank line":
        "La réponse {name} commence par « {line} » : ses premières lignes sont Mots, Sauf, Langues, Pour et Répond, "
        "chacune avec deux-points, puis vient une ligne vide",
}
DYNAMIC = {  # what is wrong and what to do, out of linter.WRONG
    "a link", "take it out and say in words what it shows", "an e-mail address", "a telephone number",
    "take it out: the buyer answers to this very message", "a postal address where no return is at issue",
    "take it out", "advertising", "take it out: a message only serves this order or question",
    "a plea for a good rating", "take it out, or ask for any rating at all", "a reminder to rate",
    "leave it out unless you are sure that it is welcome here", "another language than the buyer's",
    "write in the buyer's language", "words only a person can say, in a mail that leaves by itself",
    "say what the shop does instead", "a blank nobody has filled in", "fill it in",
    "HTML, which the buyer would see as it stands", "write plain text", "an image or logo",
    "take it out: only text is sent", "something attached is announced, but only text is sent",
    "send it in your account, or take the words out",
}
