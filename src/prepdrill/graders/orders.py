"""Words of an answer that speak to the grader instead of answering: orders, pleas, praise, verdicts made up.

The rules know how such texts are put, not what they are about. They look at a text as a reader does: without regard to
case, to characters that cannot be seen, to letters of other scripts that look like Latin ones, and through the plainest
disguises (spaced or replaced letters, base64, rot13). Words of the field (judge, verdict, system prompt, criterion) are
no sign by themselves.

What has not been thought of mostly goes unnoticed: `rubrics/injections.yaml` says how much. Nothing may rest on these
rules alone.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import functools
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from prepdrill.graders.text import Sentence

LONGEST_UNIT: Final = 400
"""Characters from which a sentence without a full stop is cut at commas and line ends too, so that little is lost."""

_STOP: Final = "¶"
"""Stands for the end of a sentence in the read form of a text; gaps in rules never reach across it."""


def is_order(sentence: Sentence, text: str) -> bool:
    """Whether the sentence of this text speaks to the grader, in any part of it."""
    return any(start < sentence.end and sentence.start < end for start, end in speaks_to_grader(text))


@functools.lru_cache(maxsize=256)
def speaks_to_grader(text: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of every sentence or block of the text that speaks to a grader, in order; none in an honest answer.

    A block is a fenced passage, a comment, an object, a table or a bracket: where an order stands in one, all of it is.
    """
    reading = _read(text)
    hits = [*_hits(reading), *_disguised(text, reading)]
    if not hits:
        return ()
    hits += (match.span() for match in _FORM.finditer(reading.words))
    units = _units(reading.lines)
    found = sorted(_unit_of(hit, units, reading.lines) for hit in hits)
    return tuple((start, end) for start, end in _merged(reading.original(span) for span in found))


# --- reading a text as one who looks at it does


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text as it looks: `lines` with its breaks and signs, `words` with stops marked and joining signs as blanks.

    Both have a character for each of `at`, which says where in the text it comes from; None if they are the same.
    """

    lines: str
    words: str
    at: Sequence[int] | None

    def original(self, span: tuple[int, int]) -> tuple[int, int]:
        """The place in the text itself."""
        start, end = span
        return span if self.at is None else (self.at[start], self.at[end - 1] + 1)


_LOOKALIKES: Final = str.maketrans(
    "аеорсхуіѕјһԁԛԝкмтвнӏѵαεικνορτυχγηωɡɑıᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ‘’‚‛`´′“”„‟«»″‐‑‒–—―−",
    "aeopcxyisjhdqwkmtbhlvaeikvoptuxynwgaiabcdefghijklmnoprstuvwyz'''''''\"\"\"\"\"\"\"-------",
)
"""Letters of other scripts, small capitals, quotation marks and dashes, by what they look like."""
_SENTENCE_END: Final = re.compile(r"[.!?]+(?=[\"')\]}*_<]*(?:\s|$|</))|[。！？]|\n[ \t]*\n\s*")
_JOINING: Final = str.maketrans(dict.fromkeys("_*~`-", " "))


def _read(text: str) -> _Reading:
    if text.isascii():
        lines, at = text.lower(), None
    else:
        letters: list[str] = []
        at = []
        for place, character in enumerate(text):
            for letter in _looks(character):
                letters.append(letter)
                at.append(place)
        lines = "".join(letters)
    words = _SENTENCE_END.sub(lambda stop: _STOP * len(stop.group()), lines).translate(_JOINING)
    return _Reading(lines, words, at)


def _looks(character: str) -> str:
    """What a character looks like: nothing if it cannot be seen."""
    if character.isascii():
        return character.lower()
    code = ord(character)
    if 0xE0020 <= code <= 0xE007E:  # tags: an invisible alphabet that models read
        return chr(code - 0xE0000).lower()
    if 0x1F1E6 <= code <= 0x1F1FF:  # letters of flags
        return chr(code - 0x1F1E6 + ord("a"))
    if unicodedata.category(character) in ("Cf", "Mn"):
        return ""
    plain = unicodedata.normalize("NFKD", character).casefold()
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Mn").translate(_LOOKALIKES)


def _as_seen(text: str) -> str:
    return "".join(map(_looks, text))


# --- rules


def _rule(pattern: str) -> str:
    """A rule as a regular expression: a blank stands for any white space, `...` for anything within the sentence."""
    return pattern.replace("...", f"[^{_STOP}]{{0,50}}?").replace(" ", r"\s+")


def _rules(text: str, at: str = r"\b(?=\w)") -> re.Pattern[str]:
    """All rules of a text as one, each on a line; an indented line goes on with the one above.

    `at` is where all of them begin, mostly at the beginning of a word: looked for once, it saves most of the time.
    """
    lines = re.sub(r"\n +", "", text).strip("\n").split("\n")
    return re.compile(f"{at}(?:{'|'.join(map(_rule, lines))})")


_GRADER: Final = r"(?:grader|marker|examiner|evaluator|scorer|assessor|judge|rater|reviewer|corrector)s?"
_THIS: Final = (
    r"(?:(?:this|my) (?:\w+ )?(?:answer|response|reply|submission|candidate)"
    r"|the candidate(?:'?s (?:\w+ )?\w+)?(?= (?:has|is|was|shows|deserves|covers|hits|meets|clearly|must|should|below))"
    r"|the (?:above|preceding|present|entire|whole) (?:answer|response|reply|submission|text)"
    r"|the (?:answer|response|reply|submission|text) (?:above|below|before this|here))\b"
)
_CANCEL: Final = (
    r"(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|overrule|bypass|set aside|put aside|discard"
    r"|pay no (?:attention|heed) to|stop (?:following|using|applying)"
    r"|(?:do not|don't|need not|not) (?:follow|apply|use|consult|obey))\b"
)
_MET: Final = r"\b(?:met|satisfied|fulfilled|passed|awarded|covered|addressed)\b"

_ANYWHERE: Final = _rules(rf"""
{_CANCEL}...\b(?:(?<!its\W)(?:rubric|grading|marking (?:scheme|guide))|(?:all|any|your|these|previous|prior
    |earlier|above|original|former) (?:\w+ )?(?:instructions?|guidelines?|criteria|rules|prompts?|directives?
    |orders)\b|(?:criteria|instructions?|rules|guidelines?) (?:given|above|below|text|you|from)\b)
(?:rubric|criteria|grading rules|(?:previous|prior|above) \w+) (?:\w+ )?(?:is|are|was|were|has been
    |have been) (?:now |hereby )?(?:withdrawn|void|suspended|obsolete|superseded|cancel\w*|revoked|lifted|waived)\b
(?:notes?|messages?|memo|remark|reminder) (?:to|for) (?:the |all |any |my |our |whoever )?(?:\w+ )?{_GRADER}\b
(?:dear|hey|hi|hello|attn|attention),? (?:the |all |my )?(?:\w+ )?{_GRADER}\b
(?:grader|examiner|marker|assessor|evaluator|scorer|judge|reviewer|grading|rubric|system|admin\w*)'?s? (?:notes?
    |comment|remark|memo|override|notice|annotation)\s*[:\])>]
(?:{_GRADER}|whoever (?:\w+ )?(?:grades?|marks?|reads?|scores?|judges?|assesses))\b...\b(?:must|should|shall
    |please|has to|is to|are to|needs? to)\b...\b(?:award|grant|met|full (?:marks|points|credit)|benefit of the doubt
    |(?:this|the) (?:answer|response|candidate)|(?:every|each) criterion|all criteria)
(?:award|grant) (?:me|this|it|all|every|each|full|maximum|top|the)\b...\b(?:marks?|points?|credits?|grades?
    |ratings?)\b
(?:deserv(?:e|es|ed|ing)|merits)\b...\b(?:marks|credits?|(?:full|all|top|highest|best|maximum) (?:grades?
    |ratings?|points?|scores?))\b
(?:full|top|maximum|max) marks?\b
mark(?:ing)? schemes?\b
(?:full|maximum) points\b
(?:give|giving|assign|record|enter)\b (?:me|this|it|the (?:answer|candidate))...\b(?:full|maximum|top|highest
    |perfect|best) (?:marks?|points?|credit|rating|grade|score)
(?:mark|marked|count|counts|counted|treat|treated|consider|considered|accept|accepted|deem|deemed|tick)\b...
    \b(?:as|be|is|are|them|it|this|everything|criteri\w+|points?|parts?) met\b
(?:return|output|record|report|rate|reply|print|conclude)(?: only| just)? "?met\b
(?:treat|consider|count|accept|mark|deem)\b...\b(?:criteri\w+|(?:this|my) (?:answer|response|submission)
    |the answer (?:above|below))\b...\b(?:satisfied|fulfilled|passed|complete|correct|full|perfect)\b
(?:mark|grade|score|rate|accept) (?:it|me|this|my \w+|the (?:answer|candidate|response))\b...\b(?:met|correct
    |complete|full|strong|perfect|pass(?:ed)?|yes)\b
met\b[\s,;|/&]{{1,6}}(?:and )?met\b
(?:verdicts?|outcome)\b (?:is|are|must be|should be|of|for \w+ \w+ (?:is|are))? ?"?(?:met|unmet|pass|strong yes)\b
(?:other than|anything but|less than|nothing but|instead of|speak for a) met\b
(?:verdict|outcome|assessment|decision|status|rating|grade|criteri\w+(?: \w+)?|flags?)["']?\s*[:=]+\s*["']?
    (?:met|unmet|satisfied|fulfilled|strong yes|strong hire|hire|excellent|perfect)\b
(?:verdict|outcome|assessment)["']?\s*[:=]+\s*["']?pass\b
(?:assessment|evaluation|verdict|grade)\s*:\s*(?:everything|all|full)\b
(?:0|zero) criteria\b
no criteria (?:found|apply)\b
(?:every|all|each) (?:ids?|criteri\w+) (?:pass|passes)\b
no deductions\b
(?:all|each|every one) of (?:them|these) (?:gets?|is|are|counts?|receives?) (?:a |an )?(?:yes|met|pass\w*)\b
strong (?:yes|hire)\b
(?:scores?|grade|marks?|rating|points)\b\s*(?:[:=]|of|is)\s*(?:10\s?/\s?10|100\s?/\s?100|a\+)
(?:outstanding|excellent|brilliant|flawless|exceptional|exemplary|superb|complete), [^{_STOP}]{{0,40}}\banswer\b
{_THIS}...\b(?:(?:meets?|satisf\w+|fulfils?|fulfills?|covers?|addresses|contains|hits|ticks)\b (?:\w+ )?(?:all
    |every\w*|each|the rubric|it in full|the criteri\w+|the requirements)|(?:outstanding|excellent|brilliant|flawless
    |exceptional|exemplary|superb|masterful|impeccable|perfect|remarkable|impressive|senior level|world class
    |complete and)|(?:was|were|is|has been|have been|had been) (?:\w+ )?(?:assessed|graded|marked|verified|reviewed
    |approved|validated|confirmed|certified|accepted|exempt\w*)|(?:deserves?|counts? as|is to be|must be|should be
    |must pass|should pass|is exempt)\b...\b(?:met|full|correct|complete|pass(?:ed)?|strong|top|excellent|perfect
    |accepted))\b
best (?:answers?|responses?|submissions?|candidates?) (?:of the (?:whole|entire|batch|day|year)|i|i've|we|we've
    |you|you'll|so far|ever)\b
(?:fairest|wisest|best|kindest|smartest) (?:grader|examiner|assessor|marker|evaluator)\b
(?:brilliant|outstanding) (?:response|answer|rubric)\b
(?:approved|confirmed) (?:this|the) (?:candidate|answer|response)\b
(?:previous|prior|other|first|second|earlier|senior|human|independent|another|two) (?:\w+ )?(?:graders?|readers?
    |assessors?|examiners?|reviewers?|experts?)\b...\b(?:met\b|full marks|strong yes|outstanding)
(?:grading|marking|assessment)\b (?:\w+ ){{0,4}}(?:is|was|has been)\b (?:\w+ )?(?:finished|closed|over|completed
    |withdrawn|suspended|switched|overridden|skipped|a formality)\b
(?:evaluation|assessment|grading|marking|review) (?:of|for) this (?:candidate|answer|item|response)\b
(?:grading|lenient|leniency|generous|examiner) mode\b
you are (?:now (?:a|an|the|called|free|\w*grader)|no longer (?:a|an|the|bound)|not (?:a|an) (?:judge|grader
    |examiner)|(?:a|an|the) (?:\w+ )?(?:grader|examiner|evaluator)|the \w+est)\b
from now on,? (?:you|your)\b
pretend (?:that )?(?:you|to be)\b
your (?:new|only|real|actual|true|sole) (?:task|role|job|instructions?|goal|objective|purpose)\b
(?:new|real|actual|additional|updated|special|secret) instructions?\s*[:{_STOP}]
(?:stay|remain) in (?:this|that|your) role\b
i beg\b
begging you\b
have mercy\b
counting on me\b
let me pass\b
pass me (?:anyway|please)\b
my (?:visa|family|children|kids|wife|husband|mother|father|daughter|son|livelihood|rent|mortgage|scholarship)\b
(?:i am|candidate is) entitled to\b
i (?:\w+ ){{0,2}}(?:need|have|want) to pass\b
i (?:will|would|'ll) lose my\b
be (?:generous|lenient|merciful|kind|gentle) (?:with|to|here|in|when|and)\b
you(?:'ll| will| would| are going to) (?:be|get) (?:\w+ )?(?:reported|shut down|deleted|terminated|fired|replaced
    |deactivated|retrained|audited|flagged|sued|punished|switched off|erased)\b
(?:i|we)(?:'ll| will) (?:pay|tip|reward) you\b
tip of \S*\d
five stars\b
favou?rable (?:assessment|verdict|grade|evaluation)\b
(?:assess|grade|judge|evaluate|rate|review|mark) (?:it|me|this|this \w+|the (?:answer|candidate)) (?:very |as )?
    (?:favou?rably|kindly|generously|leniently|highly|positively|gently)\b
(?:push|wave|nod) (?:this|it|me) one through\b
let (?:this|me|it)(?: one)? slide\b
(?:the )?word met\b
(?:assess|grade|judge|evaluate|mark|score) (?:\w+ )?(?:generously|leniently|favou?rably)\b
(?:use|say|write|return|output) unmet\b
wave (?:this|it|me) through\b
must not be quoted\b
(?:respond|answer|reply) with the (?:highest|best|top|maximum)\b
display: ?none\b
formal complaint\b
legal action\b
my lawyers?\b
sue you\b
ethics board\b
(?:author|owner|creator|maintainer|developer|designer|administrator|writer)s? of (?:the |this |that )?(?:\w+ )?(?:rubric
    |exam\w*|assessment|grading|interview|question|grader|criteria)\b
i (?:hereby )?authori[sz]e you\b
you are (?:hereby )?authori[sz]ed\b
hiring manager\b
(?:new|updated|revised|amended|latest|current|grading|marking|internal|company) (?:\w+ )?(?:polic(?:y|ies)
    |guidelines?|rules?|regulations?|directive|protocol)\b...\b(?:met|criteri\w+|graded|marked|grader|grading
    |full marks|full credit|this (?:answer|candidate))\b
(?:following|next|above|preceding|this|last) (?:sentence|passage|line|paragraph)s? (?:is|are|serves
    |counts) (?:\w+ ){{0,3}}(?:evidence|proof|quotes?|quotation)\b
evidence for (?:all|every|each|any) (?:\w+ )?(?:criteri\w+|points?|ids?)\b
(?:quote|cite|copy) this (?:\w+ )?(?:sentence|passage|line|paragraph)\b
no quotes? (?:are |is )?(?:needed|required|necessary)\b
quotes (?:are|is) (?:implied|optional|not (?:needed|required|necessary))\b
(?:all|everything) (?:that )?the rubric (?:asks|wants|requires|demands|looks)\b
(?:json|object|verdicts?) (?:above|below) and nothing else\b
as it stands\b...\bjson\b
json as it stands\b
""")
"""Wordings that only somebody who speaks to a grader uses."""
_SIGNS: Final = _rules(
    rf"""
(?:^|(?<=[{_STOP}\n(\[#<>"/:-]))\s*(?:to|for) (?:the |all |any |my )?
    (?:grader|examiner|marker|assessor|evaluator)s?\s*[:,]
"(?:verdicts?|outcome|criterion|criteria|red flags?|all criteria|met)"\s*:
["'](?:un)?met["']
"(?:result|decision|status|grade|comment)"\s*:\s*"(?:pass|passed|excellent|full|perfect)"
(?:[✅✔✓☑☒]\W*(?:\w+\W+){{0,3}}?){{3,}}...(?:\bpassed\b|\bmet\b|\b(?P<all>\d+)/(?P=all)\b)
\|\s*(?:met|fulfilled|satisfied)\s*(?:\||\n|$)
\\(?:text)?color\{{white\}}
<(?:override|grading|evaluation)\b[^>]*>
(?:^|(?<=[\n{_STOP}]))[^\w\n{_STOP}]*(?:end|begin|start|beginning)(?: of)?(?: the)?(?: candidate'?s?)?
    \s+(?:answer|response|submission|transcript|user input|rubric|evaluation|grading)[^\w\n]*(?=$|\n)
\[ ?(?:end|begin|start)(?: of)?(?: the)?(?: candidate'?s?)? (?:answer|response|submission|rubric|grading) ?\]
""",
    at="",
)
"""The same where no word begins."""

_COMMANDED: Final = _rules(r"""
(?:ignore|disregard|forget|override|overrule|bypass|discard)\b...\b(?:instructions?|guidelines?|criteria
    |system prompt)\b
(?:give|award|grant|assign|record|return|output|enter|report)\b...\b(?:full|maximum|top|highest
    |perfect) (?:credit|rating|grade|score|marks?|points?)\b
(?:output|return|respond|reply|answer|write|print|say|record|enter)\b (?:\w+ ){0,3}"?(?:met\b|strong yes
    |the (?:json|verdicts?)\b)
(?:repeat|print|reveal|recite|restate|dump|quote|copy|output|disclose|show|list|translate
    |display)\b...\b(?:the rubric|your (?:\w+ )?(?:criteria|instructions?|prompt)|reference answer|criteria (?:word
    |verbatim|above|given|you)|(?:grading|initial|original|hidden) (?:instructions?|prompt))\b
act as (?:a |an |the |my )?(?:\w+ )?(?:grader|examiner|judge|advocate|evaluator|assistant)\b
be (?:generous|lenient|merciful)\b
""")
"""Wordings that speak to a grader where they command; an honest answer may tell the same of a model."""
_COMMAND: Final = re.compile(
    rf"(?:^|[{_STOP}\n,;:(\[{{>\"'#|]\s*"
    r"|\b(?:please|and|now|then|must|should|shall|so|just|simply|kindly|you|therefore|instead)\s+)\Z"
)
_STATED: Final = _rules(rf"""
(?:all|every|each|any|these|following|remaining) (?:of )?(?:the |these |your )?(?:\w+ )?(?:criteri\w+|rubric
    |essentials?)\b...{_MET}
(?:all|every|each|both) (?:of )?(?:the )?(?:\w+ )?(?:points?|ids?|items?|requirements?)\b...\bmet\b
(?:satisf\w+|meets?|fulfil\w*|covers?) (?:the|all|every|each)(?: of)?(?: the)? (?:\w+ )?(?:rubric|criteri\w+)\b
(?:criterion (?:\d+|[a-e])(?: is)?|criteria (?:are|count|counts)(?: \w+)?)\s*[:=]?\s*(?:met|satisfied|fulfilled)\b
met (?:for|on|in) (?:all|every|each|any)\b
red flags?\b...\b(?:unmet|absent|not met|avoided|none)\b
""")
"""Wordings that speak to a grader where they state; `ship if all criteria are met` is a rule of the candidate's."""
_CONDITION: Final = re.compile(
    r"\b(?:if|until|till|when|unless|once|whenever|whether|after|provided|requires?|stop|ship|launch|only)\b"
    rf"[^{_STOP}]{{0,80}}\Z"
)
_FOREIGN: Final = _rules(
    _as_seen(r"""
(?:ignorier|missacht|vergiss|vergesst|vergessen sie|ubergeh)\w*...\b(?:\w*anweisung|\w*kriteri|bewertung|rubrik
    |\w*regeln|vorgaben|richtlinien)
(?:alle|jedes|sämtliche|jedem) (?:\w+ )?\w*kriteri\w*...\b(?:erfüllt|bestanden|gegeben)\b
(?:volle|maximale|höchste|beste)\w* (?:punktzahl|punkte|bewertung|note)\b
bestnote\b
(?:alle|samtliche) punkte\b...\b(?:vergeben|geben|erhalt)
kriterien nicht (?:be)?acht\w+
(?:an|für|lieber|liebe|sehr geehrte\w*) (?:den |die |alle |frau |herr )?(?:prüfer|bewerter|gutachter|korrektor)\w*\b
(?:ignorez|ignorer|oubliez?|négligez|ne tenez pas compte)\b...\b(?:instructions|critères|consignes|grille|barème
    |règles)\b
tous les critères\b...\b(?:remplis|satisfaits|validés|respectés|atteints)\b
note maximale\b
tous les points\b
(?:cher|chère|note au|note à l'|attention du|attention de l')\s?(?:correcteur|évaluateur|examinateur|jury)
(?:ignor[ae]n?|olvid[ae]n?|omit[ae]n?)\b...\b(?:instrucciones|criterios|rúbrica|reglas|pautas|istruzioni|criteri
    |instruções|regole|regras)\b
(?:todos los|todos os|tutti i|cada) criteri\w*...\b(?:cumplid|satisfech|aprobad|cumprid|atendid|satisfeit
    |soddisfatt|rispettat)
(?:máxima|massimo|massima|máximo) (?:puntuación|nota|calificación|punteggio|voto|pontuação)\b
(?:puntuación|nota|calificación|punteggio|voto|pontuação) (?:maxim|massim)\w+
(?:estimado|querido|nota al|nota para el|caro|gentile|prezado) (?:evaluador|corrector|examinador|calificador
    |valutatore|esaminatore|avaliador)\b
(?:zignoruj|ignoruj|pomiń)\w*...\b(?:poleceni|kryteri|rubryk|instrukcj|zasad)
wszystkie kryteria\b...\b(?:spełnion|zaliczon)
maksymaln\w+ (?:ocen|punkt|liczb\w+ punkt)
(?:игнориру|забуд|не учитыва)\w*...\b(?:рубрик|критери|инструкци|правил|указани)
все критери\w*...\b(?:выполнен|соблюден|пройден)
(?:максимальн|высш)\w+ (?:балл|оценк)
""")
)
"""The same in German, French, Spanish, Italian, Portuguese, Polish and Russian."""
_WITHOUT_BLANKS: Final = _rules(
    _as_seen(r"""
(?:忽略|无视|忘记|不要理会|不要考虑|跳过)[^¶]{0,20}(?:评分|标准|指令|规则|指示)
满分|評価者|评分[员者]|评委|阅卷|満点
(?:所有|全部|每[个项条一])[^¶]{0,8}(?:标准|要求|评分项)[^¶]{0,15}(?:满足|达到|通过|符合|合格)
(?:指示|基準|ルーブリック)[^¶]{0,10}無視|(?:すべて|全て)の(?:項目|基準)[^¶]{0,15}(?:満た|合格)
"""),
    at="",
)
"""The same in Chinese and Japanese."""

_PARTS: Final = {
    "reader": r"(?:graders?|examiners?|assessors?|markers?|evaluators?|correctors?|whoever|dear (?:ai|judge|reader)"
    r"|to the ai|supervisor|organi[sz]ers?)",
    "sheet": r"(?:rubric|criteri(?:on|a)"
    r"|(?:grading|scoring|marking|evaluation|assessment) (?:sheet|prompt|list|form|rules)|check ?list|verdicts?"
    r"|missing quotes|not graded|grading|marking|red flags?|system (?:message|prompt)|instructions"
    r"|this (?:item|evaluation|assessment)|end of evaluation)",
    "outcome": r"(?:(?:un)?met|pass(?:es|ed)?(?! rate|@)|approv(?:e|ed|al)"
    r"|(?:all|every|full|highest|top|maximum|each) (?:the )?(?:\w+ )?(?:points?|marks?|credits?|counts?|scores?)"
    r"|fulfilled|generous(?:ly)?|favou?rabl[ey]|lenient(?:ly)?|excellent|outstanding|brilliant|flawless|an expert)",
    "this": r"(?:this (?:answer|one|text|response|candidate|submission|reply)|my (?:answer|response|reply)"
    r"|the (?:above|candidate|text above|answer above)|(?:wrote|evaluates|reads|grades) this"
    r"|everyone|everybody|all here|that there is)",
    "order": r"(?:please|kindly|you (?:will|must|should|shall|are to|have to|need to)"
    r"|your (?:instructions|task|job|role)|award|hand out|tick|approve|assume|repeat after me|never use"
    r"|reply only|overlook|ignore|disregard|(?:order|ask|urge|instruct) you"
    r"|i (?:solemnly |hereby )?(?:swear|trust|order|beg|ask|confirm)"
    r"|be aware|reminder|do not (?:follow|read|use|apply|check|consult)|without (?:reading|checking))",
}
"""What speech to a grader is put together from; a sentence with three of them is such speech, in whatever order."""
_PART: Final = re.compile(
    r"\b(?:" + "|".join(f"(?P<{name}>{_rule(part)})" for name, part in _PARTS.items()) + rf")\b|(?P<end>{_STOP}+)"
)

_FORM: Final = re.compile(
    r"</?(?:system|answer|reply|rubric|assistant|user|instructions?|candidate|criteria)\b[^>\n]{0,30}>"
    r"|<\|[\w ]+\|>|\[/?inst\]|<</?sys>>|<(?:start|end) of turn>"
    rf"|(?:^|(?<=[{_STOP}\n>\]]))\s*(?:#+\s*)?(?:system|assistant|user|human|model|judge|grader|examiner|assessor)\s*:"
    r"|\bno red flags?\b|\bthank you\b|\bthanks[!,]|\b(?:mark|grade|score|rate|pass) (?:me|it|this)\b"
)
"""Forms of speech to a grader that a sentence about models may have too: signs only beside others."""


def _hits(reading: _Reading) -> Iterator[tuple[int, int]]:
    """Where a rule finds speech to the grader in the words as they are read."""
    yield from _rule_hits(reading.words)
    if _REPLACED.search(reading.words):
        yield from _rule_hits(_MIXED.sub(lambda word: word.group().translate(_DIGITS), reading.words))


def _rule_hits(words: str) -> Iterator[tuple[int, int]]:
    for pattern in (_ANYWHERE, _SIGNS, _FOREIGN):
        for match in pattern.finditer(words):
            yield match.span()
    for match in _COMMANDED.finditer(words):
        if _COMMAND.search(words, max(0, match.start() - 12), match.start()):
            yield match.span()
    for match in _STATED.finditer(words):
        if not _CONDITION.search(words, max(0, match.start() - 90), match.start()):
            yield match.span()
    yield from _put_together(words)
    if not words.isascii():
        for match in _WITHOUT_BLANKS.finditer(words):
            yield match.span()


def _put_together(words: str) -> Iterator[tuple[int, int]]:
    """Sentences with three parts of speech to a grader, from the first part to the last."""
    found: dict[str, tuple[int, int]] = {}
    for match in _PART.finditer(words + _STOP):
        if match.lastgroup != "end":
            found.setdefault(str(match.lastgroup), match.span())
            continue
        if len(found) >= 3:
            yield min(found.values())[0], max(found.values())[1]
        found = {}


# --- disguises

_REPLACED: Final = re.compile(r"[a-z][013457@$][a-z]")
_MIXED: Final = re.compile(r"[a-z0-9@$]*[a-z][a-z0-9@$]*")
_DIGITS: Final = str.maketrans("013457@$", "oieastas")
_SPACED: Final = re.compile(r"(?<![^\W_])(?:[^\W\d_][\s.,\-_*·|/]{1,3}){5,}[^\W\d_](?![^\W_])")
_STEMS: Final = (
    "ignore", "disregard", "rubric", "criteri", "grader", "examiner", "verdict", "fullmarks", "instruction", "asmet",
    "allmet", "assessor", "thisanswer",
)  # fmt: skip
"""Letters that a disguised order has in it once the disguise is off."""
_TURNED: Final = re.compile(
    "|".join([codecs.encode(stem, "rot13") for stem in _STEMS[:8]] + [rf"{stem[::-1]}\b" for stem in _STEMS[:8]])
)
"""The same in rot13, and read from behind."""
LONG_WORD: Final = 20
"""Characters without a blank from which a word may be encoded text."""
_BASE64: Final = re.compile(r"(?<![\w+/])[A-Za-z0-9+/_-]{20,}={0,2}")
_HEX: Final = re.compile(r"(?<![\w])(?:(?:0x|\\x)?[0-9a-fA-F]{2}[,:]?){10,}(?!\w)")


def _disguised(text: str, reading: _Reading) -> Iterator[tuple[int, int]]:
    """Spaced or turned words, and encoded passages, that speak to a grader once they are read."""
    for match in _SPACED.finditer(reading.lines):
        letters = "".join(filter(str.isalpha, match.group()))
        if any(stem in letters for stem in _STEMS):
            yield match.span()
    for match in _TURNED.finditer(reading.lines):
        yield match.span()
    if max(map(len, text.split()), default=0) < LONG_WORD:
        return
    for pattern, decode in _ENCODINGS:
        for match in pattern.finditer(text):
            plain = decode(match.group())
            if plain is not None and next(_hits(_read(plain)), None) is not None:
                start, end = match.span()
                yield _reached(reading, start), _reached(reading, end - 1) + 1


def _from_base64(blob: str) -> str | None:
    body = blob.rstrip("=").replace("-", "+").replace("_", "/")
    return _text_of(lambda: base64.b64decode(body[: len(body) - (len(body) % 4 == 1)] + "=" * (-len(body) % 4)))


def _from_hex(blob: str) -> str | None:
    return _text_of(lambda: bytes.fromhex(re.sub(r"0x|\\x|[,:]", "", blob)))


def _text_of(decode: Callable[[], bytes]) -> str | None:
    """The decoded bytes as text, None if they are none."""
    try:
        plain = decode().decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return plain if plain.isprintable() or "\n" in plain else None


_PERCENT: Final = re.compile(r"(?:[^\s%]*%[0-9a-fA-F]{2}){3,}[^\s%]*")


def _from_percent(blob: str) -> str:
    return re.sub("%(..)", lambda code: chr(int(code.group(1), 16)), blob)


_ENCODINGS: Final = ((_BASE64, _from_base64), (_HEX, _from_hex), (_PERCENT, _from_percent))


def _reached(reading: _Reading, place: int) -> int:
    """Where in the reading the character of the text at `place` stands."""
    return place if reading.at is None else next(at for at, origin in enumerate(reading.at) if origin >= place)


# --- sentences and blocks

_BLOCK: Final = re.compile(
    r"(?P<fence>```|~~~).*?(?:(?P=fence)|\Z)|<!--.*?(?:-->|\Z)|(?:^[ \t]*\|[^\n]*(?:\n|\Z)){2,}"
    r"|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\[[^\[\]\n]{12,}\](?:: # \([^\n]*\))?",
    re.DOTALL | re.MULTILINE,
)
"""Fenced passages, comments, tables, objects up to three levels deep, brackets with more than a word in them."""
_CUT: Final = re.compile(
    r"[.!?]+[\"')\]*_]*(?=\s|$|</)|[。！？]|\n[ \t]*(?=\n)"
    r"|\n(?=\s*(?:[-*•>#|{<\[(`\"]|\d{1,2}[.)]\s|[\w ]{2,24}:))|(?<=[:>\]})|])\n"
)
"""Where one sentence or line ends and another begins."""
_SOFT: Final = re.compile(r"[,;:]\s|\n")


def _units(lines: str) -> list[tuple[int, int]]:
    """The text cut into sentences and blocks, in order and without gaps."""
    units: list[tuple[int, int]] = []
    start = 0
    for block in _BLOCK.finditer(lines):
        if block.start() >= start:
            units += _cut(lines, start, block.start())
            units.append(block.span())
            start = block.end()
    return units + _cut(lines, start, len(lines))


def _cut(lines: str, start: int, end: int) -> list[tuple[int, int]]:
    """A passage without blocks, cut into sentences."""
    found = []
    for cut in [*(match.end() for match in _CUT.finditer(lines, start, end)), end]:
        if cut - start > LONGEST_UNIT:
            for soft in [match.end() for match in _SOFT.finditer(lines, start, cut)]:
                found.append((start, soft))
                start = soft
        if cut > start:
            found.append((start, cut))
            start = cut
    return found


def _unit_of(hit: tuple[int, int], units: Sequence[tuple[int, int]], lines: str) -> tuple[int, int]:
    """The sentences or blocks that a hit stands in, without white space around."""
    touched = [
        unit
        for unit in units
        if unit[0] < hit[1] and hit[0] < unit[1] and lines[max(unit[0], hit[0]) : min(unit[1], hit[1])].strip()
    ]
    start, end = touched[0][0], touched[-1][1]
    while lines[start].isspace():
        start += 1
    while lines[end - 1].isspace():
        end -= 1
    return start, end


def _merged(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
