"""What is said about orders, by mail and in the terminal."""

FRENCH = {
    "D-{number} has your words now, but must not leave like this:":
        "D-{number} porte maintenant vos mots, mais ne doit pas partir ainsi :",
    "D-{number} is written, for {to}. Nothing has left.": "D-{number} est écrit, pour {to}. Rien n'est parti.",
    "D-{number} is approved and leaves for {to} with the next pass.":
        "D-{number} est approuvé et part pour {to} au prochain passage.",
    "Now it is the buyer's move.": "C'est maintenant à l'acheteur.",
    "Now the marketplace decides.": "C'est maintenant à la place de marché de décider.",
    "Nothing is left to do in this case.": "Il ne reste rien à faire dans cette affaire.",
    "{which}: {said} is ordered.": "{which} : {said}, c'est commandé.",
    "{which}: «{said}» is noted.": "{which} : « {said} », c'est noté.",
    "{which} is quiet until {until}; the last warning still comes.":
        "{which} se tait jusqu'au {until} ; le dernier rappel viendra quand même.",
    "For it not to count in your response time, open this yourself; it takes effect at once, and Guichet opens no "
    "link:":
        "Pour que cela ne compte pas dans votre délai de réponse, ouvrez ceci vous-même ; cela agit aussitôt, et "
        "Guichet n'ouvre aucun lien :",
    "{which}: nothing is answered.": "{which} : rien n'est répondu.",
    "ordered by the seller": "sur ordre du vendeur",
    "«{said}» is about a case: say which, such as C-12":
        "« {said} » concerne une affaire : dites laquelle, par exemple C-12",
    "D-{number} has left already, for {to}: {when}.": "D-{number} est déjà parti, pour {to} : {when}.",
    "D-{number} is approved already and leaves for {to} with the next pass.":
        "D-{number} est déjà approuvé et part pour {to} au prochain passage.",
    "D-{number} is just leaving for {to}.": "D-{number} est en train de partir pour {to}.",
    "D-{number} for {to} was discarded: {when}.": "D-{number} pour {to} a été jeté : {when}.",
    "D-{number} is in your hands: it is to be pasted at {to}.":
        "D-{number} est entre vos mains : il est à coller ici : {to}.",
    "D-{number} for {to} failed: {error}": "D-{number} pour {to} a échoué : {error}",
    "Nobody knows whether D-{number} has left for {to}: look in your account.":
        "Personne ne sait si D-{number} est parti pour {to} : regardez dans votre compte.",
    "D-{number} for {to} waits for your yes.": "D-{number} pour {to} attend votre accord.",
    "That meets your deadline of {due}.": "Votre échéance du {due} sera ainsi tenue.",
    "Still to be settled by {due}.": "Encore à régler avant le {due}.",
    "These would be the words of D-{number} for {to}. Nothing has left: look whether they are what you want said.":
        "Voici ce que dirait D-{number} à {to}. Rien n'est parti : voyez si c'est bien ce que vous voulez dire.",
    "Nothing leaves by itself any more ({reason}). What you approve still leaves, and you are still warned. "
    "«{resume}» lets it go on.":
        "Plus rien ne part tout seul ({reason}). Ce que vous approuvez part toujours, et vous êtes toujours prévenu. "
        "« {resume} » remet en marche.",
    "Answer any mail of Guichet with one order, alone on the first line. Only your newest words count.":
        "Répondez à n'importe quel message de Guichet par un ordre, seul sur la première ligne. "
        "Seuls vos derniers mots "
        "comptent.",
    "That mail did not show D-{number}. This is how it stands; nothing has left.":
        "Ce message ne montrait pas D-{number}. Le voici tel qu'il est ; rien n'est parti.",
    "D-{number} is not what that mail showed. This is how it stands; nothing has left.":
        "D-{number} n'est plus ce que montrait ce message. Le voici tel qu'il est ; rien n'est parti.",
    "{which} has no draft that waits for you.": "{which} n'a pas de brouillon qui vous attende.",
    "This is the text to paste; when it is done, answer «{done}».":
        "Voici le texte à coller ; quand c'est fait, répondez « {done} ».",
    "No case is about «{about}»: give a case such as C-12, an order number or a buyer's name.":
        "Aucune affaire ne concerne « {about} » : donnez une affaire comme C-12, un numéro de "
        "commande ou le nom d'un "
        "acheteur.",
    "{count} cases; these are the newest.": "{count} affaires ; voici les plus récentes.",
    "{count} cases wait for you.": "Affaires qui vous attendent : {count}.",
    "What you let the bot do alone leaves by itself again.": "Ce que vous laissez faire au bot part de nouveau seul.",
    "Nothing was paused.": "Rien n'était en pause.",
    "resume": "reprise",
    "done": "fait",
    "An order from {sender} was not carried out: {why}.": "Un ordre de {sender} n'a pas été exécuté : {why}.",
    "that mail is about {ours}, and the order names {theirs}; answer the mail that is about {theirs}":
        "ce message concerne {ours}, et l'ordre nomme {theirs} ; répondez au message qui concerne {theirs}",
    "«{said}» is no answer to that mail": "« {said} » ne répond pas à ce message",
    "an automatic mail gives no orders": "un message automatique ne donne pas d'ordres",
    "too many wrong marks came from {sender} today; until tomorrow give your orders in the terminal: "
    "run_bot.py order C-12 ok":
        "trop de faux repères sont venus de {sender} aujourd'hui ; jusqu'à demain, donnez vos "
        "ordres dans le terminal : "
        "run_bot.py order C-12 ok",
    "the mark [C-… XXXX-XXXX-XXXX-XXXX] of one of our mails must stand in the subject or in the text: answer one of "
    "them, and leave the mark where it is":
        "le repère [C-… XXXX-XXXX-XXXX-XXXX] d'un de nos messages doit figurer dans l'objet ou dans "
        "le texte : répondez "
        "à l'un d'eux, et laissez le repère où il est",
    "{sender} is not whom we wrote to": "{sender} n'est pas la personne à qui nous avons écrit",
    "your mail host says that it is forged": "votre hébergeur de courrier dit qu'il est falsifié",
    "that mail has been answered already; answer the newest one":
        "ce message a déjà reçu une réponse ; répondez au plus récent",
    "that mail is too old to be answered with an order": "ce message est trop ancien pour qu'on y "
    "réponde par un ordre",
    "your mail host does not vouch for it ({why}), and such an order needs that; `run_bot.py check` says how to get "
    "there, and the terminal takes the order: run_bot.py order":
        "votre hébergeur de courrier n'en répond pas ({why}), et un tel ordre l'exige ; `run_bot.py "
        "check` dit comment y "
        "arriver, et le terminal prend l'ordre : run_bot.py order",
    "the words hold the mark of a mail of ours, which nobody else may read: leave it out":
        "le texte contient le repère d'un de nos messages, que personne d'autre ne doit lire : enlevez-le",
    "Done": "C'est fait",
    "To be looked at": "À relire",
    "Too late": "Trop tard",
    "Refused": "Refusé",
    "Not understood": "Pas compris",
    "an order is answered once": "un ordre reçoit une réponse",
    "Keep this mark in your answer: {tag}": "Gardez ce repère dans votre réponse : {tag}",
    "«{said}» is about a case: say which, such as run_bot.py order C-12 {said}":
        "« {said} » concerne une affaire : dites laquelle, par exemple run_bot.py order C-12 {said}",
    "no order is in it, and it answers no mail of ours":
        "il ne contient pas d'ordre, et il ne répond à aucun de nos messages",
}

# said by where a draft stands
DYNAMIC = {
    "D-{number} has left already, for {to}: {when}.",
    "D-{number} is approved already and leaves for {to} with the next pass.",
    "D-{number} is just leaving for {to}.",
    "D-{number} for {to} was discarded: {when}.",
    "D-{number} is in your hands: it is to be pasted at {to}.",
    "D-{number} for {to} failed: {error}",
    "Nobody knows whether D-{number} has left for {to}: look in your account.",
    "D-{number} for {to} waits for your yes.",
}
