"""The options of a job as fields of a form. Each field is optional and has a default."""

import time
from functools import cache, cached_property
from typing import Any

from django import forms
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from task.accounts import groups
from task.accounts.passwords import ALPHABET, LENGTH
from task.options import FULL, INDIVIDUAL, LIGHT, RANDOM, REALISTIC, SHARED, Options
from task.pages.option_text import EXPIRIES, LANGUAGES, WORDS, Estimate, summary
from task.workers import registry

CHOSEN = ("names", "locale", "passwords", "shared_password", "hashing", "groups", "seed", "remove_after_hours")
TYPE_AGAIN = "Type the password again. The form does not keep it."
NOT_LISTED = {"invalid_choice": "Choose one of the listed values."}
NOT_GIVABLE = (
    "Choose groups from the list. It shows groups whose permissions you have yourself, and none with permissions on "
    "users, groups or jobs."
)
SHORTEST_HASH_SECONDS = 0.01


def choice(label: str, choices: dict[str, str], **more: Any) -> forms.TypedChoiceField:
    """Returns radio buttons. The first choice is the default, and what the field holds if nothing is sent."""
    default = next(iter(choices))
    arguments: dict[str, Any] = {
        "coerce": str,
        "empty_value": default,
        "initial": default,
        "widget": forms.RadioSelect,
    } | more
    return forms.TypedChoiceField(
        label=label, choices=list(choices.items()), required=False, error_messages=NOT_LISTED, **arguments
    )


class OptionFields(forms.Form):
    """Offers the groups that `person` may give to accounts."""

    names = choice("Names", {RANDOM: "Random, like user_kqzlmwxapr", REALISTIC: "Realistic, like Lena Fischer"})
    locale = choice("Language", LANGUAGES, widget=forms.Select)
    passwords = choice(
        "Passwords",
        {INDIVIDUAL: f"A different password each ({LENGTH} random characters)", SHARED: "The same for all"},
    )
    shared_password = forms.CharField(
        label="Password for all accounts",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        required=False,
        help_text="Keep a copy. The password is not shown again.",
    )
    hashing = choice("Hashing", {LIGHT: "Light (fast, and safe for random passwords)", FULL: "Full (Django's default)"})
    groups = forms.TypedMultipleChoiceField(
        label="Groups",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": NOT_GIVABLE},
    )
    is_inactive = forms.BooleanField(label="Inactive: the accounts cannot sign in", required=False)
    seed = forms.IntegerField(
        label="Seed (optional): repeats an earlier job's names",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "on"}),
        required=False,
        help_text="The seed is on the earlier job's page. Leave this field empty for new names.",
        error_messages={"invalid": "Enter a whole number, or leave it empty for new names."},
    )
    remove_after_hours = choice("Remove the accounts", EXPIRIES, coerce=int, empty_value=None, widget=forms.Select)

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["groups"]
        field.choices = [(str(group.pk), group.name) for group in groups.givable(person)]

    @property
    def options(self) -> Options:
        """The chosen options, with the default in place of a missing or invalid value."""
        cleaned = getattr(self, "cleaned_data", {})
        chosen = {name: cleaned[name] for name in CHOSEN if name in cleaned}
        return Options(**chosen, is_active=not cleaned.get("is_inactive", False))

    @property
    def summary(self) -> str:
        return summary(self.options)

    @cached_property
    def estimate(self) -> Estimate:
        return Estimate(hash_seconds=hash_seconds(), processes=registry.count_processes(timezone.now()))

    @property
    def needs_password_again(self) -> bool:
        """A form with an error comes back without its password, because a password input is never filled in."""
        return self.is_bound and self.options.passwords == SHARED and "shared_password" not in self.errors

    @property
    def are_options_open(self) -> bool:
        return self.needs_password_again or any(name in self.errors for name in OptionFields.base_fields)

    def focus_first_error(self) -> None:
        """Sets the focus on the first field with an error, else on the total. Asks for a shared password again."""
        wrong = next((name for name in self.fields if name in self.errors), None)
        for name, field in self.fields.items():
            field.widget.attrs["autofocus"] = name == (wrong or "total")
        if self.needs_password_again:
            self["shared_password"].help_text = TYPE_AGAIN

    @property
    def client_data(self) -> dict[str, Any]:
        """The words that the page's script builds the summary and the estimate from."""
        return {**WORDS, "estimate": self.estimate.client_data}


@cache
def hash_seconds() -> float:
    """Measures one full hash, on the first call only (0.2 s).

    Measures the thread's CPU time, because the machine may be busy just at this moment.
    """
    started_at = time.thread_time()
    make_password(ALPHABET[0] * LENGTH)
    return max(round(time.thread_time() - started_at, 2), SHORTEST_HASH_SECONDS)
