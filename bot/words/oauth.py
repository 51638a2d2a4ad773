"""What the log-in by OAuth says."""

from __future__ import annotations

FRENCH = {
    "Mailbox {mailbox}: nobody has logged in by OAuth yet; run `run_bot.py login {mailbox}`":
        "Boîte {mailbox} : personne ne s'est encore connecté par OAuth ; lancez `run_bot.py login {mailbox}`",
    "Mailbox {mailbox}: the file of its log-in, {path}, cannot be read ({kind}); run `run_bot.py login {mailbox}`":
        "Boîte {mailbox} : le fichier de sa connexion, {path}, ne peut pas être lu ({kind}) ; lancez "
        "`run_bot.py login {mailbox}`",
    "The file of a log-in, {path}, cannot be written ({reason}); make room, or give the program the right":
        "Le fichier d'une connexion, {path}, ne peut pas être écrit ({reason}) ; faites de la place, ou donnez le "
        "droit d'écriture au programme",
    "Mailbox {mailbox}: {host}, where {provider} makes its log-in tokens, cannot be reached ({kind}); we try again "
    "later":
        "Boîte {mailbox} : {host}, où {provider} fabrique ses jetons de connexion, est injoignable ({kind}) ; nous "
        "réessayerons plus tard",
    "A log-in token is asked for over https only; log in again with `run_bot.py login`":
        "Un jeton de connexion ne se demande que par https ; connectez-vous à nouveau avec `run_bot.py login`",
    "Mailbox {mailbox}: {provider} no longer takes the log-in that was granted ({error}): it has ended, or was "
    "withdrawn. Log in again with `run_bot.py login {mailbox}`; nothing is lost meanwhile":
        "Boîte {mailbox} : {provider} n'accepte plus la connexion accordée ({error}) : elle a pris fin, ou a été "
        "retirée. Connectez-vous à nouveau avec `run_bot.py login {mailbox}` ; rien n'est perdu entre-temps",
    "Mailbox {mailbox}: {provider} gave no log-in token ({status} {error}); we try again later":
        "Boîte {mailbox} : {provider} n'a pas donné de jeton de connexion ({status} {error}) ; nous réessayerons plus "
        "tard",
    "Mailbox {mailbox}: the answer of {provider} holds no log-in token; we try again later":
        "Boîte {mailbox} : la réponse de {provider} ne contient pas de jeton de connexion ; nous réessayerons plus "
        "tard",
    "Mailbox {mailbox}: what was pasted is no answer to this log-in; begin again, and paste the whole address your "
    "browser shows at the end":
        "Boîte {mailbox} : ce qui a été collé n'est pas une réponse à cette connexion ; recommencez, et collez toute "
        "l'adresse que votre navigateur affiche à la fin",
    "Log-in at Microsoft needs the library msal: install it with `.venv/bin/pip install -r requirements-extras.txt`":
        "La connexion chez Microsoft a besoin de la bibliothèque msal : installez-la avec "
        "`.venv/bin/pip install -r requirements-extras.txt`",
    "Mailbox {mailbox}: {provider} granted access for an hour only; allow the program to stay logged in, and begin "
    "again":
        "Boîte {mailbox} : {provider} n'a accordé l'accès que pour une heure ; permettez au programme de rester "
        "connecté, et recommencez",
    # `run_bot.py login`
    "Open {address} in a browser and type the code {code} there; this waits until you have.":
        "Ouvrez {address} dans un navigateur et tapez-y le code {code} ; ceci attend que ce soit fait.",
    "Open this address in a browser, and allow access to the mailbox:\n\n{address}\n\nAt the end the browser shows a "
    "page that does not load: that is right. Copy the whole address of that page from the browser's top line.":
        "Ouvrez cette adresse dans un navigateur, et autorisez l'accès à la boîte :\n\n{address}\n\nÀ la fin, le "
        "navigateur affiche une page qui ne se charge pas : c'est normal. Copiez toute l'adresse de cette page, en "
        "haut du navigateur.",
    "The address from the browser": "L'adresse du navigateur",
    "The program's name at {provider} (client ID; docs/providers.md tells how to make one)":
        "Le nom du programme chez {provider} (client ID ; docs/fournisseurs.md dit comment en créer un)",
    "The program's secret at Google (client secret)": "Le secret du programme chez Google (client secret)",
    "Mailbox {mailbox} is entered by a password, not by OAuth: there is nothing to log in to; for OAuth write oauth = "
    "\"microsoft\" or \"google\" into its section of mailboxes.toml":
        "La boîte {mailbox} s'ouvre par un mot de passe, pas par OAuth : il n'y a rien à faire ; pour OAuth, écrivez "
        "oauth = \"microsoft\" ou \"google\" dans sa section de mailboxes.toml",
    "There is no mailbox {mailbox} in mailboxes.toml; there are {names}":
        "Il n'y a pas de boîte {mailbox} dans mailboxes.toml ; il y a {names}",
    "Mailbox {mailbox}: logged in at {provider}; the bot renews the log-in by itself.":
        "Boîte {mailbox} : connecté chez {provider} ; le bot renouvelle la connexion tout seul.",
}
