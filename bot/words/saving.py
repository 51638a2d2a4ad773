"""Backups and restoring, in French."""

from __future__ import annotations

FRENCH = {
    "The copy of {path} is not sound ({words}); it was thrown away":
        "La copie de {path} n'est pas saine ({words}) ; elle a été jetée",
    "There is no file {path}": "Il n'y a pas de fichier {path}",
    "Another program has {path} open: end it and try again":
        "Un autre programme a ouvert {path} : arrêtez-le et réessayez",
    "{path} cannot be copied to {target} ({words}): check the disk and the rights of this user":
        "{path} ne peut pas être copié vers {target} ({words}) : vérifiez le disque et les droits de cet utilisateur",
    "{path} is the database itself: name another file": "{path} est la base elle-même : donnez un autre fichier",
    "There is a file {path} already: name another one, or write over it with --force":
        "Il y a déjà un fichier {path} : donnez-en un autre, ou écrasez-le avec --force",
    "The database {path} is damaged ({words}), so nothing is done with it. The newest good backup is {backup}: "
    "`run_bot.py restore {backup}` puts it back":
        "La base {path} est abîmée ({words}), donc rien n'en est fait. La dernière bonne sauvegarde est {backup} : "
        "`run_bot.py restore {backup}` la remet en place",
    "The database {path} is damaged ({words}), so nothing is done with it, and there is no good backup in {folder}: "
    "put one back with `run_bot.py restore FILE`; if you have none, move {path} away and begin anew, your mails are "
    "still on the server":
        "La base {path} est abîmée ({words}), donc rien n'en est fait, et il n'y a pas de bonne sauvegarde dans "
        "{folder} : remettez-en une avec `run_bot.py restore FICHIER` ; si vous n'en avez pas, déplacez {path} et "
        "recommencez, vos messages sont toujours sur le serveur",
    "{path} is not sound ({words}): take another backup; nothing was changed":
        "{path} n'est pas sain ({words}) : prenez une autre sauvegarde ; rien n'a été changé",
    "{path} is no database of Guichet; nothing was changed":
        "{path} n'est pas une base de Guichet ; rien n'a été changé",
    "{path}: a sound copy of {size} KiB. It holds your buyers' words: keep it as you keep those.":
        "{path} : une copie saine de {size} Kio. Elle contient les mots de vos acheteurs : gardez-la comme eux.",
    "{path} is back in its place. Your mailboxes are listed anew, and before anything leaves your Sent folder is "
    "looked through for it.":
        "{path} est remise en place. Vos boîtes sont relues, et avant tout envoi, vos messages envoyés sont "
        "parcourus.",
    "The database of before is {path}; it goes by itself as backups do.":
        "La base d'avant est {path} ; elle disparaîtra d'elle-même comme les sauvegardes.",
}
