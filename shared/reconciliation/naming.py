"""Whether two ways of writing a household mean the same one: swapped, abbreviated, joint, misspelt, or somewhere in a line of a bank's statement.  No I/O."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final

from shared.reconciliation.likeness import likeness

_SHORT: Final = {
    "abby": "abigail", "al": "albert", "andy": "andrew", "tony": "anthony", "barb": "barbara", "ben": "benjamin", "bob": "robert", "bobby": "robert", "rob": "robert", "brad": "bradley", "cathy": "catherine", "kate": "katherine",
    "kathy": "katherine", "katie": "katherine", "kathleen": "kathleen", "charlie": "charles", "chuck": "charles", "chris": "christopher", "cindy": "cynthia", "dan": "daniel", "danny": "daniel", "dave": "david", "deb": "deborah",
    "debbie": "deborah", "don": "donald", "ed": "edward", "eddie": "edward", "liz": "elizabeth", "beth": "elizabeth", "betty": "elizabeth", "fred": "frederick", "greg": "gregory", "jim": "james", "jimmy": "james", "jamie": "james",
    "jeff": "jeffrey", "jen": "jennifer", "jenny": "jennifer", "jerry": "gerald", "jess": "jessica", "joe": "joseph", "joey": "joseph", "jon": "jonathan", "josh": "joshua", "judy": "judith", "ken": "kenneth", "kim": "kimberly",
    "larry": "lawrence", "peggy": "margaret", "maggie": "margaret", "meg": "margaret", "matt": "matthew", "mike": "michael", "mick": "michael", "mickey": "michael", "nate": "nathan", "nick": "nicholas", "pam": "pamela", "pat": "patricia",
    "trish": "patricia", "pete": "peter", "phil": "philip", "ray": "raymond", "rick": "richard", "rich": "richard", "dick": "richard", "ron": "ronald", "sam": "samuel", "sandy": "sandra", "steve": "steven", "sue": "susan",
    "suzy": "susan", "ted": "theodore", "terry": "terrence", "tim": "timothy", "tom": "thomas", "tommy": "thomas", "vicky": "victoria", "walt": "walter", "bill": "william", "billy": "william", "will": "william",
}
MOST_WORDS: Final = 24
"""Of a long line only so many words are looked at."""
LONGEST_NAME: Final = 4
"""What has more words is a line that may hold a name."""
LONG_ENOUGH: Final = 8
"""Letters of a name from which the same letters in another order are no chance."""


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a plain name (see ``likeness.plain``), those with letters only, pet names written out."""
    return tuple(_SHORT.get(word, word) for word in name.split() if word.isalpha())[:MOST_WORDS]


def pairs_of(words: Sequence[str]) -> set[tuple[str, str]]:
    """Return every two of these words: what two spellings have in common where neither is misspelt."""
    return set(combinations(sorted({word for word in words if len(word) > 1}), 2))


def hints_of(words: Sequence[str]) -> set[tuple[str, str]]:
    """Return each whole word with the first letter of another one: what two spellings have in common where one word is abbreviated or misspelt."""
    return {(word, other[0]) for place, word in enumerate(words) if len(word) > 1 for at, other in enumerate(words) if at != place}


@lru_cache(maxsize=200_000)
def agreement(theirs: str, ours: str) -> float | None:
    """Return how surely plain ``theirs``, a name or a line that may hold one, names our household ``ours``: 0 to 1; None where either is missing.

    1: the same words; from 0.85 each of our words is among theirs, one of them perhaps abbreviated or misspelt.
    """
    if not theirs or not ours:
        return None
    if theirs == ours:
        return 1.0
    wanted, have = words_of(ours), words_of(theirs)
    is_line = len(have) > LONGEST_NAME
    whole = 0.0 if is_line else likeness(theirs, ours) or 0.0
    if len(wanted) < 2 or not have:
        return whole
    if sorted(wanted) == sorted(have):
        return 0.99
    if not is_line and len(ours) >= LONG_ENOUGH and sorted("".join(have)) == sorted("".join(wanted)):
        return 0.9  # a letter on the wrong side of a blank
    missing = [word for word in wanted if word not in have]
    if len(missing) > 1:
        return whole
    held = _word(missing[0], have) if missing else 1.0
    if held < 0.7:
        return whole
    return max(whole, round((len(wanted) - 1 + held) / len(wanted) - (0.02 if len(have) > len(wanted) else 0), 4))


def _word(word: str, have: Sequence[str]) -> float:
    """How surely one of these words, none of which is ours, means ours."""
    if any(len(each) >= 3 and word.startswith(each) for each in have):
        return 0.9
    alike = max((likeness(each, word) or 0.0 for each in have if len(each) > 3 and each[0] == word[0]), default=0.0)
    if alike >= 0.75:
        return alike
    return 0.75 if word[0] in have else 0.0
