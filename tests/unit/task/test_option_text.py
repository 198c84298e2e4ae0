"""The options of a job, in words."""

import pytest

from task.options import CHOICES, GREATEST_SEED, RANDOM, Options, UnusableOption
from task.pages.option_text import LANGUAGES, WORDS, sentence, summary

CASES = [
    (Options(), "random names, a different password each, no automatic removal"),
    (Options(names="realistic"), "realistic names, a different password each, no automatic removal"),
    (
        Options(names="realistic", locale="de"),
        "realistic German names, a different password each, no automatic removal",
    ),
    (Options(locale="de"), "random names, a different password each, no automatic removal"),
    (Options(hashing="full"), "random names, a different password each, full hashing, no automatic removal"),
    (Options(passwords="shared", hashing="full"), "random names, the same password for all, no automatic removal"),
    (Options(groups=(2,)), "random names, a different password each, 1 group, no automatic removal"),
    (
        Options(groups=(2, 3), is_active=False),
        "random names, a different password each, 2 groups, inactive, no automatic removal",
    ),
    (Options(seed=0, remove_after_hours=24), "random names, a different password each, seed 0, removed after 24 hours"),
    (Options(remove_after_hours=5), "random names, a different password each, removed after 5 hours"),
]


@pytest.mark.parametrize(("options", "words"), CASES, ids=[words for _, words in CASES])
def test_the_summary_names_the_chosen_options(options: Options, words: str) -> None:
    assert summary(options) == words


def test_every_choice_has_its_words() -> None:
    assert set(WORDS["names"]) == {RANDOM, *CHOICES["locale"]}
    assert {name: tuple(WORDS[name]) for name in ("passwords", "hashing")}.items() <= CHOICES.items()
    assert list(LANGUAGES) == list(CHOICES["locale"])


def test_the_sentence_names_the_groups_and_the_seed() -> None:
    options = Options(names="realistic", groups=(1, 2), is_active=False)
    assert sentence(options, groups=["demo", "qa", "test"], seed=42) == (
        "Realistic names, a different password each, in groups demo, qa and test, inactive. "
        "Seed 42 gives the same names again."
    )
    assert sentence(options, groups=["demo"], seed=None) == (
        "Realistic names, a different password each, in group demo, inactive."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("names", "funny"),
        ("locale", "xx"),
        ("passwords", ""),
        ("hashing", "none"),
        ("seed", -1),
        ("seed", GREATEST_SEED + 1),
        ("remove_after_hours", 0),
        ("shared_password", "typed, but each is to have its own"),
    ],
)
def test_the_error_for_an_unusable_option_names_it(name: str, value: object) -> None:
    with pytest.raises(UnusableOption) as refused:
        Options(**{name: value}).require_usable()  # type: ignore[arg-type]
    assert refused.value.name == name
    assert str(refused.value).endswith(".")


def test_the_order_of_groups_does_not_matter() -> None:
    assert Options(groups=(3, 1, 3)) == Options(groups=(1, 3)) == Options.of(Options(groups=[3, 1]).stored())  # type: ignore[arg-type]


def test_a_shared_password_is_neither_stored_nor_shown() -> None:
    options = Options(passwords="shared", shared_password="Correct-horse-7")
    assert "Correct-horse-7" not in f"{options!r}{options}{options.stored()}"
