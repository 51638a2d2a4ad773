"""Small words of the five languages that say nothing of a person, and the words that stand around people's names."""

from __future__ import annotations

FUNCTION = frozenset("""
a à ai ainsi alors après as au aucun aussi autre aux avant avec avez avoir bien bon bonjour bonsoir c ça car ce ceci
cela ces cet cette chez ci comme comment cordialement d dans de déjà depuis des deux donc du elle en encore entre est
et été être eu fait faire fois il ils j je jour jours jusque l la le les leur lui m ma mais me même merci mes moi
moins mon n ne ni non nos notre nous on ont ou où oui par parce pas pendant peu peut plus pour pouvez pourquoi qu
quand que quel quelle qui quoi s sa sans se sera ses si sinon soit son sont sous sur t ta te tes toi ton tous tout
toute très trop tu un une va vers voici vos votre vous y about after again all also am an and any are at be because
been before but by can could did do does for from get good had has have he hello her here hi him his how i if in into
is it its just me more my no not now of off on one only or our out please she should since so some still thank thanks
that the their them then there these they this to too two us very was we were what when where which who why will with
would yes you your aber als am an auch auf aus bei bin bis bitte da danke das dass dem den der des die dies diese
dieser doch du ein eine einem einen einer er es für gegen guten hallo hat habe haben ich ihm ihn ihr ihre ihnen im in
ist ja kann kein keine mein meine mich mir mit nach nicht noch nur ob oder ohne schon sehr sein sich sie sind so tag
über um und uns unter vom von vor war warum was wenn wer wie wir wird wo zu zum zur ai al alla anche ancora bene
buongiorno che chi ci come con cosa da dal dalla dei del della di dove e è fa gli grazie ha hanno ho il in io la le
lei lo loro ma mi mia mio molto ne nel nella no non o ogni per perché però più prima qui se sei si sì sono su sua sul
suo tra un una uno vi voi al algo buenos con cómo cuando de del desde días dónde el él ella en es esta está este esto
gracias ha han hasta hay he hola la las le lo los mas más me mi mis mucho muy nada ni no nos o para pero por porque
que qué se ser si sí sin sobre son su sus también te tengo todo tu un una usted y ya yo
""".split())

# What is no name and tells nothing of a person, but tells a reader much: carriers, months, days, what mail programs
# write above a quoted message.
TRADE = frozenset("""
colissimo chronopost laposte poste mondial relay relais dhl ups dpd gls fedex tnt hermes evri ciblex geodis seur
correos brt bartolini sda italiane deutsche janvier février mars avril mai juin juillet
août septembre octobre novembre décembre lundi mardi mercredi jeudi vendredi samedi dimanche january february march
april may june july august september october november december monday tuesday wednesday thursday friday saturday
sunday januar februar märz april mai juni juli august september oktober november dezember montag dienstag mittwoch
donnerstag freitag samstag sonntag gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre
novembre dicembre enero febrero abril mayo junio julio septiembre octubre noviembre diciembre jan feb mar apr jun jul
aug sep oct nov dec janv févr avr juil sept déc écrit ecrit wrote schrieb geschrieben scritto escribió message
original origine nachricht messaggio mensaje forwarded transféré fwd fw re tr aw wg rif rv objet sujet subject betreff
oggetto asunto envoyé sent gesendet inviato enviado date datum data fecha from von para an à expéditeur iphone android
outlook yahoo mail html http https www eur euro euros heures heure hours hour stunden ore horas tage giorni días
""".split())

# What stands before a name, or before what only concerns one person.
PERSON = (
    r"(?:l'|l’)?acheteu(?:r|se)|l'acquéreur|cliente?|buyer|customer|käufer(?:in)?|kund(?:e|in)|acquirente|compradora?"
    r"|visiteur|visitor|membre|pseudo(?:nyme)?")
GREETING = (
    r"bonjour|bonsoir|hello|hi|dear|cher|chère|hallo|guten tag|sehr geehrter?|lieber?|buongiorno|ciao|gentile|hola"
    r"|estimad[oa]|buenos días")
OWN_FIELD = (
    r"cliente?|acheteu(?:r|se)|buyer|customer|kunde|käufer|acquirente|comprador|nom|pr[ée]nom|(?:first |last )?name"
    r"|surname|vorname|nachname|nome|cognome|nombre|apellidos?|adresse[^:\n]{0,30}|(?:\w+ )?address|anschrift"
    r"|lieferadresse|indirizzo[^:\n]{0,20}|direcci[óo]n[^:\n]{0,20}|destinataire|recipient|ville|city|stadt|città|ciudad"
    r"|t[ée]l(?:[ée]phone)?|phone|telefono?"
    r"|commentaires?[^:\n]{0,20}|(?:customer )?comments?|(?:kunden)?kommentar"
    r"|commento[^:\n]{0,20}|comentario[^:\n]{0,20}|message|nachricht|messaggio|mensaje|question|frage|domanda|pregunta")
STREET = (
    r"rue|avenue|av\.|bd|boulevard|place|chemin|impasse|allée|quai|route|cours|square|résidence|lotissement|via|viale"
    r"|piazza|corso|calle|avenida|plaza|paseo|street|road|lane|drive|court|close")
