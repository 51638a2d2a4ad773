"""What the writer himself wrote: a text less quoted history and signature, in time linear in its length.

Own patterns: quotequail 0.5 takes "Le livreur a écrit :" for the start of history, and needs 4 s for
4,000 lines of "a: b", and four times that for twice as many. Each pattern here sees one line of at most
_LINE characters, or four joined; where a line may be the mail program's or the writer's, it is the writer's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import is_normalized, normalize

from bot.core.pattern import later

_LINE = 300
_WRAPPED = 4
_WIDE = 40
_SIGNATURE = 20
_HEADERS = 16

# ---- "On … wrote:" ----

_DAY = r"(?:lu|ma|me|mi|je|ju|gi|ve|vi|sa|sá|di|do|mo|fr|so|su|tu|we|th)"
_MONTH = (
    r"(?:jan|gen|ene|f[eé][bv]|m[aä]r|avr|apr|abr|mai|may|mag|jui|jun|jul|giu|lug|ao[uû]|aug|ago|sep|set|oct|okt|ott|nov"
    r"|d[eéi][czs])\w{0,7}\.?\s")
_DATED = later(
    r"(?:-{2,3}\s?)?(?:Le|On|Am|Il|El|In data|En date d[eu]|Em|Op|Den)(?:\s?:)?\s(?:(?:giorno|día)\s)?"
    rf"(?i:{_DAY}\w{{0,9}}[.,]{{0,2}}\s)?(?i:{_MONTH})?[0-9]{{1,4}}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}\s")
_DATE_BEGINS = frozenset("LOAIED0123456789")
_VERB = r"(?:a [ée]crit|wrote|writes|geschrieben|ha scritto|escribi[óo]|escreveu|skrev)"
_WROTE = later(
    rf"(?<!['’\w]){_VERB}(?:\s(?:le|on|il|el|am|ce qui suit|the following)\b[^<>]{{0,80}})?\s?:$"
    r"|\b(?:schrieb|schreef|skrev)\b.{0,200}:$|^[0-9]{4}-.{0,250}<[^<>\s]{1,200}@[^<>\s]{1,200}>\s?:$", re.I)
_YEAR = later(r"\b(?:19|20)[0-9]{2}\b|[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{2}")
_CLOCK = later(r"[0-9]{1,2}\s?[:h]\s?[0-9]{2}")
_THEN_NAME = later(r"[0-9]{1,2}\s?[:h]\s?[0-9]{2}[^,]{0,20},\s\S")
_ADDRESS = r"[<\[]\s?(?:mailto:)?[^\s<>@\[\]]{1,100}@[^\s<>@\[\]]{1,100}[>\]]\)?"
_BY_ADDRESS = later(
    rf"{_ADDRESS},?\s(?:{_VERB}|hat|schrieb|folgendes)\b|\b(?:schrieb|schreef|skrev)\b.{{0,200}}{_ADDRESS}\s?:$"
    rf"|^[0-9]{{4}}-.{{0,200}}{_ADDRESS}\s?:$", re.I)
# Yahoo for Android goes on behind the colon; a person does not write <…> before it.
_RUNS_ON = later(rf"{_ADDRESS}\s{_VERB}\s?:\s", re.I)
_THEN_WROTE = later(rf"@\S{{1,200}}\s(?:{_VERB}|schrieb|hat am)\b", re.I)
# "Le lun. 16 nov. 2026": nobody shortens a date so by hand
_SHORT_DATE = later(
    rf"(?:Le|On|Am|Il(?: giorno)?|El)\s(?i:{_DAY}\w{{0,2}}[.,]{{0,2}}\s"
    rf"(?:{_MONTH})?[0-9]{{1,2}}[.,]?\s(?:{_MONTH})?(?:de )?20[0-9]{{2}})\b")
_ARTICLES = (
    "le la les l un une mon ma mes ton votre vos notre nos son sa ce cette il elle on ils elles vous nous tu "
    "the my your our his her he she they you we it der die das den mein meine dein ihr ihre er sie ich es man "
    "mir uns ein eine jemand lo gli i mio mia suo sua vostro lui lei el los las mi su nuestro usted yo él ella"
).split()
_ARTICLE = "|".join([*_ARTICLES, "I", "Sie", "Ihr", "Ihre"])
# "Le 16/11/2026 le livreur a écrit :" is a person telling; a mail program puts a name there.
_TOLD = later(
    rf"(?:[0-9,]|AM|PM|Uhr)\s(?:{_ARTICLE})\b.{{0,100}}{_VERB}|\b(?:schrieb|hat)\s(?:{_ARTICLE})\b"
    r"|\b(?:vous|nous|lui|leur|mi|ti|ci|vi|me|te|os|le|les)\s(?:a [ée]crit|ha scritto|escribió)")
_NAME_WROTE = later(rf"(?!(?:{_ARTICLE})\b)[^:.?!,;@]{{1,60}}\s(?:{_VERB}|schrieb)\s?:", re.I)
_SENTENCE_ENDS = later(r"[^\W\d_]{5,}\.$|[!?…]$")

# ---- "-----Original Message-----", and the header block of Outlook ----

_ORIGINAL = later(
    r"[-–—_]{2,}\s?(?:(?:Message|Mail|E-?mail|Courriel) (?:d['’]origine|original|initial)"
    r"|Original[- ](?:Message|Mail|Nachricht)|Originalnachricht|Ursprüngliche (?:Nachricht|Mail|E-Mail)"
    r"|Messaggio originale|Mensaje original|Mensagem original|Oorspronkelijk bericht)\s?(?:[-–—_]|$)", re.I)
_FORWARDED = later(
    r"[-–—_]{2,}\s?(?:Forwarded message|(?:Message|Mail|E-?mail|Courriel) (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])"
    r"|Weitergeleitete (?:Nachricht|Mail|E-Mail)|Messaggio inoltrato|Mensaje reenviado|Mensagem encaminhada"
    r"|Doorgestuurd bericht|D[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée]))\s?(?:[-–—_]|$)"
    r"|(?:Begin forwarded message|D[ée]but du (?:message|mail|courriel) (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])"
    r"|Inicio del mensaje reenviado|Anfang der weitergeleiteten (?:Nachricht|E-Mail|Mail)"
    r"|Iniz(?:io|ia)(?: del)? messaggio inoltrato)\s?:$", re.I)
_LABEL = later(
    r"(?:^|(?<=\s))\*{0,2}(?:(?P<sender>De|From|Von|Da|Van|Expéditeur|Mittente|Absender|Remitente)"
    r"|(?P<sent>Envoy[ée]e?(?: le)?|Sent|Gesendet(?: am)?|Inviato(?: il)?|Enviado(?: el)?)"
    r"|(?P<date>Date|Datum|Data|Fecha)"
    r"|(?P<to>À|A|To|An|Para|Pour|Aan|Destinataires?|Empfänger|Destinatari[oi])"
    r"|(?P<subject>Objet|Sujet|Subject|Betreff|Oggetto|Asunto)"
    r"|(?P<other>Cc|Cci|Bcc|Ccn|Cco|Copie(?: à)?|Copia|Kopie|Importance|Priorité|Wichtigkeit|Pièces? jointes?"
    r"|Attachments?|Anlagen?|Allegati|Adjuntos|Reply-To|Répondre à|Antwort an))\s{0,3}\*{0,2}\s{0,3}:", re.I)
_ORANGE = later(r">\s?Message du [0-9]", re.I)

# ---- What mail programs write below a mail ----

_RULE = later(r"[-_–—\s]{2,}")
_LINK = later(r"[<\[(]{0,2}(?:https?://|www\.)[^\s<>\])]{1,300}[>\])]{0,2}")
_PROGRAMS_LINK = later(
    r"<?https?://(?:www\.)?(?:avast|avg|aka\.ms|overview\.mail\.yahoo|bluemail|proton)[^\s<>]{0,300}>?|<#[\w-]{20,80}>"
    r"|www\.(?:avast|avg)\.\w{2,3}", re.I)
_SENT_WITH = later(
    r"(?:[-–—]{1,2}\s?)?(?:(?:Envoy[ée]e?|Sent|Gesendet|Inviat[oa]|Enviad[oa])\s"
    r"(?:à partir d(?:e|u|['’]une?)|de(?:puis)?|du|d['’]une?|avec|via|par(?=\sm[oa])|from|with|using|von|vom|mit"
    r"|da(?:l|lla)?|con|desde)|Provenance\s?:)\s(?P<what>.{2,100})"
    r"|(?:Diese Nachricht wurde )?von\s(?P<sent>.{2,80})\s(?:gesendet|geschickt)", re.I)
_EXCUSED = later(
    r"\.\s(?:Please excuse|Veuillez excuser|Bitte entschuldigen|Por favor|Perdona|Scusa)\b.{0,60}$", re.I)
_GET_PROGRAM = later(
    r"(?:Obten(?:ir|ez|er|ga)|Obtén|Télécharge[rz]|Get|Download|Laden Sie|Holen Sie sich|Scarica|Ottieni"
    r"|Descarg(?:ar|ue|a))"
    r"\s(?:Outlook|Yahoo Mail|BlueMail|TypeApp|Spark|Proton Mail)\s(?:pour|for|für|per|para|on|sur)\s"
    r"(?:iOS|Android|iPhone|iPad|Mac|Windows)(?: herunter)?"
    r"|Outlook für (?:iOS|Android|Mac) (?:beziehen|herunterladen|holen|abrufen)|Yahoo Mail\s?: \w+, \w+,? \w+", re.I)
_NO_VIRUS = later(
    r"(?:Garanti sans virus|(?-i:Sans) virus|Virenfrei|Virus-free|(?-i:Privo) di virus|Mail priva di virus"
    r"|Libre de virus)"
    r"|(?:L['’]absence de virus dans ce courrier|Ce courrier électronique ne contient aucun virus"
    r"|This e?-?mail has been checked for viruses by|This e?-?mail is free from viruses"
    r"|Diese E-Mail wurde von (?:Avast|AVG)|Questa e-?mail è stata controllata per individuare virus"
    r"|El software de antivirus (?:Avast|AVG) ha analizado|Este correo electrónico ha sido analizado)\b.{0,150}", re.I)
_PROGRAMS = frozenset(
    "iphone ipad ipod macbook galaxy samsung huawei xiaomi redmi oppo oneplus xperia nokia motorola pixel fairphone "
    "blackberry android windows outlook hotmail yahoo aol gmail bluemail typeapp thunderbird proton protonmail gmx "
    "smartphone téléphone mobile portable tablette appareil phone tablet device handy mobiltelefon mobilgerät gerät "
    "telefono cellulare dispositivo móvil teléfono celular".split())
_LINKING = frozenset(
    "mon ma mes un une l application appli app de du d la le pour sur avec via messagerie sécurisée my a an the for on "
    "with by from network secure email all new meinem meiner mein mit der dem für auf dal mio mia per su con di da del "
    "dell app mi el para en desde correo electrónico seguro ordinateur computer webmail mail".split())
_CONFIDENTIAL = later(r"confiden[tc]i[ae]l|vertraulich|riservat[oaie]\b|intended recipient|unbefugt", re.I)


def newest(text: str) -> str:
    """Return `text` less quoted history and signature; all of it where nothing else would be left."""
    return own_words(text) or text.strip()


def own_words(text: str) -> str:
    """Return what `newest` does, but nothing where nothing is the writer's own.

    What stands below a forward marker is never his: an order is read from these words alone.
    """
    return "\n".join(filter(None, map(_without_signature, _parts(text.split("\n"), _seen(text))))).strip()


def _seen(text: str) -> list[str]:
    """Return the lines as patterns see them; most text can be made so as a whole."""
    if not is_normalized("NFC", text):
        return list(map(_plain, text.split("\n")))
    return [line[:_LINE].strip() for line in text.replace("\u00a0", " ").replace("\u202f", " ").split("\n")]


def _plain(line: str) -> str:
    """Return a line as patterns see it: Apple writes no-break blanks before PM, French programs before a colon."""
    line = line[:_LINE]
    if line.isascii():
        return line.strip()
    return normalize("NFC", line).replace("\u00a0", " ").replace("\u202f", " ").strip()


# ---- History ----

def _parts(lines: list[str], seen: list[str]) -> Iterator[list[str]]:
    """Yield what the writer wrote above, between and below what he quotes."""
    part, at = list[str](), 0
    while at < len(lines):
        line = seen[at]
        quoted = line.startswith(">")
        if (quoted or _may_announce(line)) and (after := _history_after(seen, at)):
            at = _next_said(seen, after)
            if at == len(seen) or not _is_quoted(seen[at]):
                break  # Outlook and Yahoo quote without marks: nothing below is the writer's
        elif not quoted:
            part.append(lines[at])
            at += 1
            continue
        else:
            at += 1
        yield part
        part = []
    yield part


def _is_quoted(line: str) -> bool:
    return line.startswith(">")


def _next_said(seen: list[str], at: int) -> int:
    while at < len(seen) and not seen[at]:
        at += 1
    return at


def _history_after(seen: list[str], at: int) -> int:
    """Return the line after what announces history at line `at`, the end for a forward, or 0 for neither."""
    line = seen[at]
    if _is_quoted(line):
        return len(seen) if _ORANGE.match(line) and _only_headers(seen, at + 1) else 0
    if _FORWARDED.match(line):
        return len(seen)
    if _ORIGINAL.match(line):
        return _below_labels(seen, at + 1)
    return _header_end(seen, at) or _introduced(seen, at)


def _may_announce(line: str) -> bool:
    """Say whether any of the patterns that follow could fit: most lines have none of what all of them begin with."""
    if ":" in line or "@" in line or line.startswith(("-", "–", "—", "_")):
        return True
    return line[:1] in _DATE_BEGINS and bool(_DATED.match(line))


def _only_headers(seen: list[str], at: int) -> bool:
    """Say whether marks end with the headers: of an HTML mail, Orange marks these and not what follows."""
    while at < len(seen) and _is_quoted(seen[at]):
        line = seen[at][1:].strip()
        if line and not _LABEL.match(line):
            return False
        at += 1
    return at < len(seen)


def _below_labels(seen: list[str], at: int) -> int:
    after = at
    for line in seen[at : at + _HEADERS]:
        if line and not _LABEL.match(line):
            break
        after += 1
    return after


def _header_end(seen: list[str], at: int) -> int:
    """Return the line after a header block ("De : … Envoyé : … À : … Objet : …") at line `at`, or 0."""
    if not (found := _LABEL.match(seen[at])) or found.lastgroup not in ("sender", "sent", "date"):
        return 0
    roles: set[str] = set()
    end = at
    for number in range(at, min(at + _HEADERS, len(seen))):
        told = _roles(seen[number])
        if _clash(told, roles):        # a second "De :" begins the real block, or stands in the history itself
            if not {"sender", "to", "subject"} <= roles:
                return 0
            break
        if seen[number] and not told and not re.search(r"[@;]", seen[number]):   # recipients may be wrapped
            break
        roles, end = roles | told, number + 1 if told else end
    return end if _is_header(roles, " ".join(seen[at:end])) else 0


def _clash(told: set[str], roles: set[str]) -> bool:
    return bool(told & roles - {"other"}) or {"sent", "date"} <= told | roles


def _roles(line: str) -> set[str]:
    """Return what the labels of a line tell; GMX and Samsung may put them all on one."""
    return {found.lastgroup or "" for found in _LABEL.finditer(line)} if _LABEL.match(line) else set()


def _is_header(roles: set[str], block: str) -> bool:
    """Tell Outlook's block from a buyer's "De : Paris / Date : 12/11 / Pour : Lyon": by an address or by its labels."""
    if "sender" not in roles or not roles & {"sent", "date"} or not roles & {"to", "subject"}:
        return False
    return "@" in block or ({"to", "subject"} <= roles and ("sent" in roles or bool(_CLOCK.search(block))))


def _introduced(seen: list[str], at: int) -> int:
    """Return the line after "On … wrote:", which mail programs wrap over up to four lines, or 0."""
    dated = bool(_DATED.match(seen[at]))
    if not dated and ("@" not in seen[at] or _LABEL.match(seen[at])):
        named = seen[at].endswith(":") and _NAME_WROTE.fullmatch(seen[at]) and seen[at][0].isupper()
        return at + 1 if named and _quotes(seen, at + 1) else 0
    joined = ""
    for end, line in enumerate(seen[at : at + _WRAPPED], at + 1):
        if not line or _is_quoted(line) or (joined and _begins_anew(joined, line, dated)):
            return 0
        joined = f"{joined} {line}".strip()
        if dated and _RUNS_ON.search(joined):
            return end
        if line.endswith(":") and _WROTE.search(joined) and (dated or _THEN_WROTE.search(joined)):
            return end if _is_introduction(joined, seen, at, end) else 0
    return 0


def _begins_anew(above: str, line: str, dated: bool) -> bool:
    return bool(_SENTENCE_ENDS.search(above) or _DATED.match(line)) or (not dated and "@" in line)


def _quotes(seen: list[str], at: int) -> bool:
    said = _next_said(seen, at)
    return said < len(seen) and _is_quoted(seen[said])


def _is_introduction(joined: str, seen: list[str], at: int, end: int) -> bool:
    if _BY_ADDRESS.search(joined):
        return True
    if _TOLD.search(joined) or any(len(line) < _WIDE for line in seen[at : end - 1]):
        return False
    if _quotes(seen, end):
        return bool(_YEAR.search(joined) or _CLOCK.search(joined) or "@" in joined)
    if at and seen[at - 1]:
        return False
    apart = end == len(seen) or not seen[end]
    return bool(_SHORT_DATE.match(joined) or (apart and _YEAR.search(joined) and _THEN_NAME.search(joined)))


# ---- Signature ----

def _without_signature(lines: list[str]) -> str:
    lines = _without_trailers(lines)
    bare = sum(_is_mark(line) for line in lines)
    first = max(0, len(lines) - _SIGNATURE)
    end = next((at for at in range(first, len(lines)) if _signs(lines, at, bare)), len(lines))
    return "\n".join(_without_trailers(lines[:end])).strip()


def _is_mark(line: str) -> bool:
    return line.strip() in ("--", "—", "__", "___")


def _signs(lines: list[str], at: int, bare: int) -> bool:
    """Say whether a signature begins at line `at`: "-- " always, a mark without its blank only if none speaks below."""
    if lines[at].rstrip("\r") == "-- ":
        return True
    return _is_mark(lines[at]) and bare == 1 and not _speaks(lines[at + 1 :])


def _speaks(lines: list[str]) -> bool:
    """Say whether lines below a line of dashes ask or tell something: who signs gives short lines, or a disclaimer."""
    if any(_CONFIDENTIAL.search(line[:2000]) for line in lines):
        return False
    return any(len(line) > 70 or line.rstrip().endswith("?") for line in lines)


def _without_trailers(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and (taken := _trailing(lines, end)):
        end -= taken
    return lines[:end]


def _trailing(lines: list[str], end: int) -> int:
    """Return how many of the lines before `end` only a mail program writes; it may have wrapped them."""
    last = _plain(lines[end - 1])
    if not last or _RULE.fullmatch(last) or _PROGRAMS_LINK.fullmatch(last):
        return 1
    for size in range(1, min(3, end) + 1):
        group = [_without_links(_plain(line)) for line in lines[end - size : end]]
        if not all(group):      # a link alone on its line is the writer's
            break
        if _is_trailer(" ".join(group), wrapped=size > 1 and len(group[0]) < _WIDE):
            return size
    return 0


def _without_links(line: str) -> str:
    return _LINK.sub("", line).strip() if "://" in line or "www." in line else line


def _is_trailer(line: str, *, wrapped: bool) -> bool:
    said = _EXCUSED.sub("", line).strip(" *_[]().")
    if _GET_PROGRAM.fullmatch(said) or _NO_VIRUS.fullmatch(said):
        return True
    found = None if wrapped else _SENT_WITH.fullmatch(said)
    return found is not None and _names_program(found["what"] or found["sent"])


def _names_program(what: str) -> bool:
    """Say whether these are nothing but devices and programs: "Envoyé par La Poste" is the buyer's."""
    words = re.findall(r"\w+", what)
    if re.search(r"[,;:?!]", what) or not any(word.lower() in _PROGRAMS or word in ("Mail", "App") for word in words):
        return False
    return all(word.lower() in _PROGRAMS | _LINKING or not word[0].islower() for word in words)
