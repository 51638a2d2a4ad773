"""What the linter looks for, in French, English, German, Italian and Spanish.

All patterns are matched on folded text: small letters without accents, one letter for one, so that a
place found is a place in the text itself. Each repeats only over bounded stretches, so none is slow.
"""

from __future__ import annotations

import re
import unicodedata

from bot.core.pattern import later

__all__ = ["ADDRESSES", "ASKS", "ATTACHED", "BLANKS", "BRACKETED", "HAPPY", "LOGOS", "MARKETING", "NUMBERED",
           "OF_ATTACHED", "OF_BLANKS", "OF_LOGOS", "OF_RATINGS", "PHONED", "POSING", "PRAISE", "RATING", "RETURNS",
           "REVISES", "STARS", "STOP_WORDS", "THANKED", "fold"]


def _letter(code: int) -> str:
    plain = unicodedata.normalize("NFD", chr(code).lower())[0]
    return plain if len(plain.lower()) == 1 else chr(code)


_FOLDED = {code: _letter(code) for code in range(0xC0, 0x250)}
_FOLDED |= {0xDF: "s", 0xE6: "a", 0xC6: "a", 0x152: "o", 0x153: "o", 0xF8: "o", 0xD8: "o"}
_FOLDED |= dict.fromkeys((0x2018, 0x2019, 0x02BC), "'") | dict.fromkeys((0xA0, 0x202F, 0x2009), " ")
_FOLDED |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014), "-")
_SIGNS = {chr(code): plain for code, plain in _FOLDED.items()}
_FOREIGN = later(r"[^\x00-\x7f]")     # few: str.translate looks at every sign, and takes four times as long


def fold(text: str) -> str:
    """Return `text` in small letters, without accents, with plain blanks and hyphens; as long as it was."""
    return _FOREIGN.sub(lambda found: _SIGNS.get(found[0], found[0]), text).lower()


def _any(*patterns: str) -> re.Pattern[str]:
    return later("|".join(f"(?:{pattern})" for pattern in patterns))


# Each with what must stand in a text for it to be looked for at all: looking for all of them would be slow.
MARKETING: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (tuple(stems.split("|")), later(pattern)) for stems, pattern in (
        # French
        ("code", r"\bcodes? (?:promo|de reduction|avantage|remise)\w*"),
        ("d'achat|de reduction", r"\bbons? (?:d'achat|de reduction)\b"),
        ("visitez|decouvrez|retrouvez|consultez|rendez-vous|passez par",
         r"\b(?:visitez|decouvrez|retrouvez(?:-nous sur)?|consultez|rendez-vous sur|passez par)"
         r" (?:notre|nos) (?:site|boutique|e-?shop|catalogue|page|autres (?:produits|articles))"),
        ("notre site|notre boutique|notre e", r"\bnotre (?:site (?:web|internet)|boutique en ligne|e-?shop)\b"),
        ("z-nous|z nous", r"\b(?:suivez|rejoignez|likez|aimez|retrouvez)[- ]nous (?:sur|aussi)\b"),
        ("abonnez", r"\babonnez[- ]vous\b"),
        ("prochain", r"\b(?:votre|vos|une?) prochaine?s? (?:commande|achat)s? (?:avec|sur|chez|beneficie)"),
        ("prochain", r"\b\d{1,2} ?% (?:de (?:reduction|remise) )?(?:sur|pour) votre prochain"),
        ("speciale|promotionnelle", r"\boffres? (?:speciale|promotionnelle)s?\b"),
        ("achet", r"\bachet(?:er?|ez) (?:en )?direct(?:ement)? (?:sur|chez|aupres)"),
        ("parrain", r"\bparraine[rz]\b"),
        # the same word in most
        ("letter|lettre", r"\bnewsletters?\b|\binfolettres?\b"),
        ("insta|tik|pinterest|linktree|youtube|snapchat|telegram|twitter|facebook",
         r"\b(?:instagram|tik ?tok|pinterest|linktree|youtube|snapchat|telegram|twitter|facebook)\b"),
        ("@", r"(?<![\w.@])@[a-z][\w.]{2,29}\b(?!@)"),
        # English
        ("code", r"\b(?:discount|promo(?:tion(?:al)?)?|coupon|voucher) codes?\b"),
        ("coupon", r"\bcoupons?\b"),
        ("visit our|check out our|see our|browse our", r"\b(?:visit|check out|see|browse) our (?:own )?"
                 r"(?:web ?site|site|web ?shop|online shop|online store|store|shop|page)\b"),
        ("follow us", r"\bfollow us\b"),
        ("subscribe", r"\bsubscribe to\b"),
        ("your next", r"\b(?:off|discount on) your next (?:order|purchase)\b"),
        ("special offer", r"\bspecial offers?\b"),
        ("buy", r"\bbuy (?:from us )?direct(?:ly)?\b"),
        ("refer a", r"\brefer a friend\b"),
        # German
        ("code", r"\b(?:gutschein|rabatt|promo|aktions)-?codes?\b"),
        ("gutschein", r"\bgutscheine? fur (?:ihren|ihre|deinen|deine) nachsten?\b"),
        ("besuchen", r"\bbesuchen sie (?:uns(?:ere[nr]?)?|auch) (?:auf|unter|im|web\w*|seite|shop|online\w*)"),
        ("unsere", r"\bunsere[nrm]? (?:web-?(?:seite|site|shop)|online-?shop|homepage|internetseite)\b"),
        ("folgen", r"\bfolgen sie uns\b"),
        ("abonn", r"\babonnieren sie\b"),
        ("angebot", r"\bsonderangebote?\b"),
        ("nachste bestellung", r"\b(?:auf|fur) ihre nachste bestellung\b"),
        # Italian
        ("codic", r"\bcodic[ei] (?:sconto|promo\w*)\b"),
        ("sconto", r"\bbuon[oi] sconto\b"),
        ("nostr", r"\bvisit(?:a|i|ate) (?:il nostro|la nostra|i nostri) (?:sito|negozio|pagina|shop|store)"),
        ("nostro", r"\b(?:il )?nostro (?:sito web|sito internet|negozio online|e-?shop)\b"),
        ("segu", r"\bsegui(?:ci|teci)\b|\bci segua\b"),
        ("iscriv", r"\biscriv(?:iti|etevi|ersi) (?:alla|al)\b"),
        ("offerta", r"\bofferta speciale\b"),
        ("prossim", r"\bsul (?:tuo|suo|vostro) prossimo (?:ordine|acquisto)\b"),
        # Spanish
        ("codigo", r"\bcodigos? (?:de )?(?:descuento|promocional|promo)\b"),
        ("cupon", r"\bcupon(?:es)?\b"),
        ("nuestr", r"\bvisit[ea]n? (?:nuestra|nuestro) (?:web|tienda|pagina|sitio)"),
        ("nuestr", r"\bnuestr[ao] (?:pagina web|sitio web|tienda online|tienda en linea|web)\b"),
        ("siganos|siguenos", r"\bsiganos (?:en|tambien)\b|\bsiguenos\b"),
        ("suscrib", r"\bsuscrib(?:ase|ete|irse)\b"),
        ("oferta", r"\bofertas? especial(?:es)?\b"),
        ("proxim", r"\b(?:en|para) su proxim[ao] (?:pedido|compra)\b"),
    ))

# A rating or review, as a thing given.
RATING = _any(
    r"\b(?:avis|evaluations?|notations?|notes?|commentaires?|appreciations?)\b(?! (?:de (?:passage|livraison"
    r"|reception|credit|frais)|d'information|interne))",
    r"\b(?:notez|evaluez|noter|evaluer) (?:votre|cette|notre|la|l'|le) ?(?:commande|achat|vendeur|boutique|vente"
    r"|transaction|experience)",
    r"\b(?:review|feedback|rating|stars?)\b", r"\brate (?:us|your|our|the)\b",
    r"\b(?:bewertung(?:en)?|rezension(?:en)?|feedback)\b", r"\bbewerten\b|\bbewerte\b",
    r"\b(?:recension[ei]|valutazion[ei]|feedback)\b", r"\brecensire\b|\bvalutare (?:il|la|l'|noi)",
    r"\b(?:resenas?|valoracion(?:es)?|opinion(?:es)?|comentarios?)\b", r"\bvalor(?:e|ar) (?:su|nuestr|el|la)",
    r"\b(?:etoiles?|sterne|stelle|estrellas)\b",
)

# One of these stands in whatever RATING or REVISES finds, and likewise below: sooner sought than a pattern.
OF_RATINGS = ("avis", "evalu", "notation", "note", "commentaire", "appreciation", "review", "feedback", "rating",
              "star", "rate", "bewert", "rezension", "recensi", "valut", "resena", "valor", "opinion", "comentario",
              "etoile", "sterne", "stelle", "estrellas")

# The buyer is asked for something.
ASKS = _any(
    r"\b(?:laiss|donn|depos|post|publi|mett|attribu|partag|accord|redig|ecri[rv])(?:er|ez|re|ant)\b",
    r"\b(?:notez|evaluez|noter|evaluer) ", r"\bn'hesitez pas\b", r"\bpens(?:ez|er) a\b",
    r"\bmerci d(?:e(?! (?:votre|vos|cette)\b)|'(?!av))",
    r"\b(?:pourriez|pouvez|voudriez)[- ]vous\b", r"\bnous (?:esperons|comptons|aide\w*)\b",
    r"\bserions (?:ravis|heureux)\b",
    r"\b(?:leave|give|write|post|share|submit|rate)\b", r"\b(?:please|would you|could you|don't forget|consider)\b",
    r"\b(?:hinterlassen|geben|schreiben|bewerten|abgeben|teilen|freuen)\b",
    r"\b(?:lasci(?:are|ate|a|i|arci)|scriv(?:ere|ete|i)|dar(?:e|ci)|recensire|valutare|inviare|pubblic\w+)\b",
    r"\b(?:dej(?:ar|e|enos|anos|arnos)|escrib(?:ir|a|anos)|d(?:ar|enos|arnos)|valor(?:e|ar)|public(?:ar|ue)"
    r"|compart\w+)\b",
)

# Thanks for a rating already given, up to what may be asked in the same breath.
THANKED = later(r"\b(?:thanks?|thank you|merci|danke|vielen dank|grazie|gracias)\b[\w ']{0,12}"
                r" (?:for|pour|d'avoir|de (?:nous )?avoir|de (?:votre|vos)|fur|per|por)\b"
                r"(?:(?! (?:et|and|und|e|y) )[^,;:.!?\n]){0,100}")

PRAISE = _any(
    r"\b(?:positi(?:f|fs|ve|ves|v|ven|ves|ver|vo|va|vi|vos|vas)|favorables?|excellent\w*|excelentes?"
    r"|eccellent[ei])\b",
    r"\b(?:bonnes?|meilleure?s?|belles?|jolies?|maximale?) (?:note|evaluation|appreciation|notation)s?\b",
    r"\bbons? (?:avis|commentaire)s?\b",
    r"\b(?:good|great|nice|high|perfect|best|glowing) (?:\w+ )?(?:review|rating|feedback)s?\b",
    r"\b(?:gute|beste|tolle|hervorragende|nette)n? (?:bewertung|rezension)(?:en)?\b",
    r"\b(?:buon[ae]|bell[ae]|ottim[ae]|miglior[ei]?) (?:recension[ei]|valutazion[ei]|feedback)\b",
    r"\b(?:buen[ao]s?|mejor|maxima) (?:resena|valoracion|opinion|comentario)(?:es|s)?\b",
)
STARS = _any(r"\b(?:5|cinq|five|funf|cinque|cinco)[- ]?(?:etoiles?|stars?|sterne?|stelle|estrellas)\b",
    r"(?<![\d/])5 ?/ ?5\b")
HAPPY = _any(
    r"\bsi (?:vous (?:etes|avez ete)|notre|le|la|votre) [\w' ]{0,40}(?:satisf\w+|content\w*|heureu\w+|plu\b|plait)",
    r"\bif (?:you|we|our|the|your) [\w' ]{0,40}(?:happy|satisfied|pleased|like|love|enjoy)\w*",
    r"\bwenn (?:sie|ihnen|wir) [\w' ]{0,40}(?:zufrieden|gefall\w+|glucklich)",
    r"\bse (?:siete|sei|e|il|la|lei) [\w' ]{0,40}(?:soddisfatt\w|content\w|piaciut\w)",
    r"\bsi (?:esta|ha|le|usted|nuestro) [\w' ]{0,40}(?:satisfech\w|content\w|gust\w+)",
)
# A rating once given, and he is asked to take it back: no fair seller may.
REVISES = _any(
    r"\b(?:retir|supprim|modifi|chang|revo|annul|corrig)(?:er|ez|ir)\b[\w' ]{0,20}\b(?:votre|cet(?:te)?|l'|la"
    r"|le) ?(?:avis|note|evaluation|commentaire)",
    r"\b(?:remove|change|delete|revise|update|withdraw)\b[\w' ]{0,20}\b(?:your|the|this) (?:\w+ )?(?:review"
    r"|rating|feedback)",
    r"\b(?:bewertung|rezension)\b[\w' ]{0,30}\b(?:andern|loschen|entfernen|zuruckziehen|zuruckzunehmen)\b",
    r"\b(?:rimuov|modific|cambi|elimin|cancell)\w{1,5}\b[\w' ]{0,20}\b(?:recensione|valutazione|feedback)",
    r"\b(?:retir|elimin|cambi|modific|borr)\w{1,5}\b[\w' ]{0,20}\b(?:resena|valoracion|opinion|comentario)",
)

# Only a person could have done it.
POSING = _any(
    r"\bpersonnellement\b", r"\bmoi[- ]meme\b", r"\bde mes propres\b",
    r"\bje viens (?:tout juste )?(?:de |d')(?:verifi|regard|parl|appel|control|consult|examin|voir|lire|m'assur"
    r"|discut)\w*",
    r"\bj'ai (?:moi-meme |bien |tout juste |aussitot |soigneusement )?(?:verifie|regarde|appele|parle|controle"
    r"|examine|lu|prepare|emballe|telephone|joint)\b",
    r"\bmon collegue\b|\bma collegue\b",
    r"\bi(?:'ve| have)? (?:just |personally |carefully |already )+(?:check|look|spok|speak|call|read|examin|verif"
    r"|inspect|pack|talk)\w*",
    r"\bi personally\b|\bpersonally (?:check|look|verif|inspect|pack)\w*", r"\bmy colleague\b",
    r"\bwith my own eyes\b",
    r"\bich habe (?:[\w]+ ){0,4}(?:personlich|selbst|gerade|soeben|eben)\b", r"\bich (?:personlich|selbst)\b",
    r"\bpersonlich (?:gepruft|nachgesehen|kontrolliert|verpackt|uberpruft)\b", r"\bmein(?:e)? kolleg(?:e|in)\b",
    r"\bpersonalmente\b", r"\bho (?:appena|gia) (?:verificato|controllato|parlato|chiamato|guardato|letto)\b",
    r"\bio stess[oa]\b",
    r"\bacabo de (?:comprobar|verificar|hablar|llamar|revisar|mirar|leer)\b", r"\byo mism[oa]\b",
)

# What somebody was to fill in, or what a template left behind.
_IN_BRACKETS = (
    r"[\[<(]{1,2}(?:a|to|zu|da|por)? ?(?:be )?(?:complete[rd]?|completare|completar|remplir|renseigner|preciser"
    r"|fill(?:ed)?(?: in)?"
    r"|inserer|insert\w*|einfugen|ausfullen|auszufullen|erganzen|inserire|compilare|rellenar|indicar"
    r"|insertar)\b[^\]>)\n]{0,60}[\]>)]{1,2}",
    r"\[(?:votre |your |le |la |the |ihr )?(?:nom|prenom|name|date|numero|number|adresse|address|datum|nummer"
    r"|nome|data|nombre|fecha)"
    r"(?: (?:de|du|of|der|di|del) [^\]\n]{1,30})?\]",
)
BLANKS = _any(
    *_IN_BRACKETS,
    r"\bx{3,}\b(?!-?l)", r"\{\{|\}\}|\{%|%\}|\{#|#\}", r"_{3,}", r"\.{6,}", r"\blorem ipsum\b",
    r"\btodo\b(?= ?:)",
)
BRACKETED = _any(*_IN_BRACKETS)     # all that BLANKS can find where none of OF_BLANKS is
OF_BLANKS = ("xxx", "{", "}", "___", "......", "lorem", "todo")

LOGOS = _any(r"\[(?:logo|image|img|bild|immagine|imagen)\b[^\]\n]{0,60}\]", r"\bcid:\w", r"\bdata:image/",
             r"!\[[^\]\n]{0,80}\]\(")
OF_LOGOS = ("[", "cid:", "data:image")
ATTACHED = _any(
    r"\bci-joint\w*", r"\btrouverez\b[^.\n]{0,60}\b(?:en (?:piece jointe|annexe|fichier joint)|joint)",
    r"\b(?:je|nous) (?:vous )?join(?:s|gnons)\b(?! au)",
    r"\b(?:find|see) (?:the )?(?:[\w']+ ){0,3}attach(?:ed|ment)\b", r"\battached (?:you|is|are|please)\b",
    r"\b(?:i|we)(?:'ve| have)? attach(?:ed)?\b",
    r"\bim anhang\b", r"\banbei\b", r"\bbeigefugt\b", r"\bin allegato\b", r"\balleg(?:o|hiamo)\b",
    r"\badjunt(?:o|amos) (?:le|les|la|el|encontrara|a)\b|\bencontrara adjunt[oa]\b",
)

OF_ATTACHED = ("join", "annexe", "attach", "anhang", "anbei", "beigefugt", "alleg", "adjunt")

# Streets as they stand in an address; a postcode where the word alone could be any place.
ADDRESSES = _any(
    r"\b\d{1,4} ?(?:bis|ter)?,? (?:rue|avenue|av\.|boulevard|bd|chemin|impasse|allee|faubourg) (?:d[eu]s?|d'|la"
    r"|le|les|l'|\w)",
    r"\b\d{1,4} ?(?:bis|ter)?,? (?:place|cours|square|quai|route|passage|lieu-dit) [\w' -]{2,40},? (?:f-?)?\d{5}\b",
    r"\b[\w-]{3,30}(?:strasse|strase|str\.) ?\d{1,4} ?[a-z]?\b",
    r"\b[\w-]{3,30}(?:weg|platz|gasse|allee|damm) \d{1,4} ?[a-z]?,? (?:d-?)?\d{5}\b",
    r"\b\d{1,4}[a-z]?,? (?:[a-z']{2,20} ){1,3}(?:street|road|lane|drive|crescent|terrace)\b",
    r"\b[a-z]{1,2}\d[a-z\d]? \d[abd-hjlnp-uw-z]{2}\b",
    r"\b(?:via|viale|piazza|corso|vicolo|largo) [\w' .]{2,40},? (?:n\. ?)?\d{1,4}[ ,-]{1,3}(?:i-?)?\d{5}\b",
    r"\b(?:calle|c/|avda\.?|avenida|plaza|paseo) [\w' .]{2,40},? (?:n[o.]{1,2} ?)?\d{1,4}\b",
)
RETURNS = _any(r"\bretour\w*|\brenvoy\w*|\brenvoi\w*|\breexpedi\w*", r"\breturn\w*|\bsend (?:it|them) back\b",
               r"\bruck(?:send|gabe|versand)\w*|\bzuruck(?:send|schick)\w*|\bretoure\w*|\bzuruckzusenden\b",
               r"\bresi?\b|\breso\b|\brestitu\w*|\brispedi\w*", r"\bdevol\w*|\bdevuel\w*")

# What stands before a number and says what it is: a telephone, or anything but.
PHONED = _any(r"\btel\b|\btel\.|\btele(?:phon|fon)\w*|\bphone\w*|\bmobil\w*|\bportable\b|\bcellulare\b|\bmovil\b"
    r"|\bhandy\b|\bwhats ?app\b",
              r"\bappel(?:er|ez|le[rz]?)\b|\bjoindre\b|\bjoignable\b|\bcall\b|\bringing?\b|\banruf\w*|\brufen\b"
              r"|\berreichbar\b",
              r"\bchiam(?:are|ate|i|arci)\b|\bllam(?:ar|e|enos|arnos)\b|\bsms\b|\bfax\b|\bhotline\b|\bnumero vert\b")
NUMBERED = _any(r"\bsuivi\b|\bcolis\b|\bcommande\b|\bachat\b|\barticle\b|\breference\b|\bref\b|\breclamation\b"
    r"|\bdossier\b|\bfacture\b|\bserie\b|\bvente\b|\blot\b",
                r"\btracking\b|\bparcel\b|\border\b|\bitem\b|\binvoice\b|\bserial\b|\bcase\b|\bbatch\b|\bmodel\b",
                r"\bsendung\w*|\bpaket\w*|\bbestell\w*|\bartikel\w*|\brechnung\w*|\bauftrag\w*|\bserien\w*",
                r"\bspedizione\b|\btracciamento\b|\bordine\b|\barticolo\b|\bfattura\b|\bpacco\b",
                r"\bseguimiento\b|\bpedido\b|\barticulo\b|\bfactura\b|\bpaquete\b|\benvio\b",
                r"\bsir(?:en|et)\b|\brcs\b|\btva\b|\bvat\b|\biban\b|\bbic\b|\bean\b|\bgtin\b|\basin\b|\bsku\b"
                r"|\bisbn\b|\bust-?id\w*|\bp\. ?iva\b|\bnif\b|\bcif\b")

# Frequent words, as far as possible of one language only; on folded text.
STOP_WORDS: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in {
    "fr": "les une est et vous votre vos nous notre dans pour avec pas qui sur bonjour merci etre sont cette aux je "
          "cordialement avez avons d'un d'une c'est qu'il n'est l'article sera soit ainsi bien colis commande",
    "en": "the and your you we our is are for with this that have has been please not of be would from thank thanks "
          "which can any it's order hello dear regards",
    "de": "der das und ist nicht sie ihr ihre ihnen ihrer wir uns mit fur auf den dem ein eine einen von zu haben "
          "werden wurde bitte danke sehr geehrte gruse mit wenn oder bestellung vielen",
    "it": "il gli che di della dello alla nel nella nostro nostra vostro vostra suo sua sono grazie buongiorno questo "
          "questa abbiamo siamo ordine saluti piu anche ma gentile cliente e stato",
    "es": "el los las y usted nuestro nuestra para por hemos gracias hola del pedido saludos sus muy este puede "
          "estamos buenos dias estimado estimada su articulo si esta tambien",
}.items()}
