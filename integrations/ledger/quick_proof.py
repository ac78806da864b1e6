"""Whether a run of journal entries is good, without parsing one: most of a proof's time is here, so whole columns are compared at once.

Both ends of each body are compared with what the columns say they must be. A column with a quotation mark or a backslash has another text
in JSON and might pass for something else, so it never passes here: `walk.py` then parses, entry by entry, and says what is wrong.

Add here when an entry's ends change form; rather in `walk.py` when a fault is to be named.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import repeat

from integrations.ledger.hashing import JOURNAL_DOMAIN

Stored = tuple[int, str, str, str, bytes, bytes]
"""seq, at, kind, subject, body, hash."""

MOMENT_LENGTH = 27
AT = b',"at":"'


def is_good_chunk(chunk: Sequence[Stored], seq: int, previous: str) -> bool:
    """Whether these entries follow number `seq` with hash `previous` (hexadecimal), one after the other, unaltered.

    False also for good entries that only a parser can tell, and for columns of the wrong type.
    """
    try:
        numbers, ats, kinds, subjects, bodies, hashes = zip(*chunk, strict=True)
        return (
            numbers == tuple(range(seq + 1, seq + 1 + len(chunk)))
            and _is_plain(kinds)
            and _is_plain(subjects)
            and [sha256(JOURNAL_DOMAIN + body).digest() for body in bodies] == list(hashes)
            and all(map(bytes.endswith, bodies, _ends(numbers, kinds, subjects, hashes, previous)))
            and _begin_at(bodies, ats)
        )
    except (TypeError, AttributeError, UnicodeEncodeError):
        return False


def _is_plain(texts: Sequence[str]) -> bool:
    together = "".join(texts)
    return '"' not in together and "\\" not in together


def _ends(numbers: Sequence[int], kinds: Sequence[str], subjects: Sequence[str], hashes: Sequence[bytes], previous: str) -> list[bytes]:
    before = [previous, *map(bytes.hex, hashes[:-1])]
    return [
        f',"kind":"{kind}","prev":"{prev}","seq":{number},"subject":"{subject}"}}'.encode()
        for number, kind, subject, prev in zip(numbers, kinds, subjects, before, strict=True)
    ]


def _begin_at(bodies: Sequence[bytes], ats: Sequence[str]) -> bool:
    """Whether each body says the time its column says.

    The first `,"at":"` in a body is the entry's own: in the actor's text before it every quotation mark is escaped.
    """
    marks = {at: b'%b%b","facts":{' % (AT, at.encode()) for at in set(ats)}
    if any(len(at) != MOMENT_LENGTH or '"' in at for at in marks):
        return False
    end = bodies[0].find(AT)
    start = bodies[0][: end + len(marks[ats[0]])]
    if len(marks) == 1 and start.endswith(marks[ats[0]]):
        return all(map(bytes.startswith, bodies, repeat(start)))
    places = [body.find(AT) for body in bodies]
    return -1 not in places and places == [body.find(marks[at]) for body, at in zip(bodies, ats, strict=True)]
