"""What is said of mails that the reading could not bear."""

from __future__ import annotations

FRENCH = {
    "Reading the mail took more than {seconds:.0f} s; look at it in your mail program":
        "La lecture du mail a pris plus de {seconds:.0f} s ; regardez-le dans votre logiciel de messagerie",
    "Reading the mail took more than {limit} MiB of memory; look at it in your mail program":
        "La lecture du mail a pris plus de {limit} Mio de mémoire ; regardez-le dans votre logiciel de messagerie",
    "The mail ended the program that reads mails; look at it in your mail program":
        "Le mail a mis fin au programme qui lit les mails ; regardez-le dans votre logiciel de messagerie",
    "The program that reads mails could not be started ({words}); the mail waits":
        "Le programme qui lit les mails n'a pas pu démarrer ({words}) ; le mail attend",
}
