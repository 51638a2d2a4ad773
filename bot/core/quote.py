"""What the writer himself wrote: a text less quoted history and signature, in time linear in its length.

Own patterns: quotequail 0.5 takes "Le livreur a écrit :" for the start of history, and needs 4 s for
4,000 lines of "a: b", and four times that for twice as many.
"""

from __future__ import annotations

import re

_LINE = 300
_SIGNATURE = 20

_STARTS = re.compile(r"(?:Le|On|Am|Il|El|Em|Op|Den|En date du|Dne|W dniu)\s|[0-9]{1,4}[-/.]|.{0,200}@", re.I)
_WROTE = re.compile(
    r"(?<!['’])\b(?:a écrit|a ecrit|wrote|writes|geschrieben|ha scritto|escribió|escreveu|skrev)\s?:$"
    r"|\b(?:schrieb|schreef)\b(?! (?:mir|uns|ich|Sie|er|sie)\b)[^:]{0,200}:$"
    r"|^[0-9]{4}[-/.].{0,200}<[^<>\s]{1,200}@[^<>\s]{1,200}>\s?:$",
    re.I,
)
_WHEN_OR_WHO = re.compile(
    r"\b(?:19|20)[0-9]{2}\b|[0-9]{1,2}\s?[:h]\s?[0-9]{2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2}|@", re.I
)
_DELIMITER = re.compile(
    r"-{2,}\s?(?:Message d'origine|Message d’origine|Mail original|Message original|E-mail d'origine"
    r"|Original Message|Original-Nachricht|Ursprüngliche Nachricht|Messaggio originale|Mensaje original"
    r"|Forwarded message|Message transféré|Message réexpédié|Weitergeleitete Nachricht|Messaggio inoltrato"
    r"|Mensaje reenviado|Début du message (?:réexpédié|transféré))\s?-{2,}"
    r"|(?:Begin forwarded message|Début du message (?:réexpédié|transféré)|Inicio del mensaje reenviado"
    r"|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|Inizio (?:del )?messaggio inoltrato)\s?:",
    re.I,
)
_FROM = re.compile(r"\*?(?:De|From|Von|Da|Van|Expéditeur)\s?:\*?\s?\S", re.I)
_SENT = re.compile(r"\*?(?:Envoyé|Envoyé le|Sent|Gesendet|Inviato|Enviado|Enviado el|Date|Datum|Data|Fecha)\s?:", re.I)
_ABOUT = re.compile(r"\*?(?:À|A|To|An|Para|Pour|Objet|Sujet|Subject|Betreff|Oggetto|Asunto)\s?:", re.I)
_RULE = re.compile(r"[_\s-]{5,}")
_PHONE = re.compile(
    r"(?:Envoyé|Envoyée|Sent|Gesendet|Inviato|Enviado) (?:de(?:puis)?|from|von|da|desde|via|avec|par|mit) .{1,80}"
    r"|Von meinem .{1,40} gesendet|(?:Obtenez|Télécharge[rz]|Get|Laden Sie|Ottieni|Obtener) Outlook .{1,80}",
    re.I,
)


def newest(text: str) -> str:
    """Return `text` less quoted history and signature; all of it where nothing else would be left."""
    lines = text.split("\n")
    own = _without_signature(_without_history(lines, [line[:_LINE].replace("\u00a0", " ").strip() for line in lines]))
    return "\n".join(own).strip() or text.strip()


def _without_history(lines: list[str], seen: list[str]) -> list[str]:
    own: list[str] = []
    at = 0
    while at < len(lines):
        if after := _history_after(seen, at):
            at = _next_said(seen, after)
            if at == len(seen) or not _is_quoted(seen[at]):
                break  # Outlook quotes without marks: nothing below is the writer's
            while at < len(seen) and _is_quoted(seen[at]):
                at += 1
        else:
            if not _is_quoted(seen[at]):
                own.append(lines[at])
            at += 1
    return own


def _is_quoted(line: str) -> bool:
    return line.startswith(">")


def _next_said(seen: list[str], at: int) -> int:
    while at < len(seen) and not seen[at]:
        at += 1
    return at


def _history_after(seen: list[str], at: int) -> int:
    """Return the line after what announces history at line `at`, or 0 where nothing does."""
    line = seen[at]
    if len(line) < 5 or _is_quoted(line):
        return 0
    if _DELIMITER.fullmatch(line):
        return at + 1
    if _FROM.match(line) and _is_header_block(seen, at):
        return at + 1
    if _RULE.fullmatch(line):
        below = next((n for n in range(at + 1, min(at + 3, len(seen))) if seen[n]), 0)
        return below if below and _FROM.match(seen[below]) and _is_header_block(seen, below) else 0
    return _introduced(seen, at)


def _is_header_block(seen: list[str], at: int) -> bool:
    following = [line for line in seen[at + 1 : at + 12] if line][:5]
    return any(map(_SENT.match, following)) and any(map(_ABOUT.match, following))


def _introduced(seen: list[str], at: int) -> int:
    """Return the line after "On … wrote:", which mail programs wrap over up to three lines, or 0."""
    if _WROTE.search(seen[at]) and (said := _next_said(seen, at + 1)) < len(seen) and _is_quoted(seen[said]):
        return at + 1
    if not _STARTS.match(seen[at]):
        return 0
    joined = ""
    for end in range(at, min(at + 3, len(seen))):
        joined = f"{joined} {seen[end]}".strip()
        if not seen[end]:
            return 0
        if joined.endswith(":") and _WROTE.search(joined) and _WHEN_OR_WHO.search(joined):
            return end + 1
    return 0


def _without_signature(lines: list[str]) -> list[str]:
    end = next((at for at in range(max(0, len(lines) - _SIGNATURE), len(lines)) if _signs(lines, at)), len(lines))
    while end and _ends_mail(lines[end - 1].strip()[:_LINE]):
        end -= 1
    return lines[:end]


def _signs(lines: list[str], at: int) -> bool:
    return lines[at].rstrip() == "--" and any(line.strip() for line in lines[:at])


def _ends_mail(line: str) -> bool:
    return not line or bool(_PHONE.fullmatch(line) or _RULE.fullmatch(line))
