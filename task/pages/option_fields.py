"""The options of a job as fields of a form: each has a default, and none must be touched."""

from typing import Any

from django import forms

from task.accounts import groups
from task.options import FULL, INDIVIDUAL, LIGHT, RANDOM, REALISTIC, SHARED, Options
from task.pages.estimate import Estimate
from task.pages.option_text import EXPIRIES, LANGUAGES, SAYS, summary

CHOSEN = ("names", "locale", "passwords", "shared_password", "hashing", "groups", "seed", "remove_after_hours")
GONE = "Type it again: the form does not keep it."
NOT_LISTED = {"invalid_choice": "Choose one of those in the list."}
NOT_GIVEN = "Choose groups in the list: it shows those whose permissions you all hold."


def choice(label: str, choices: dict[str, str], **more: Any) -> forms.TypedChoiceField:
    """Radio buttons; what is not sent is the default, which comes first."""
    default = next(iter(choices))
    given: dict[str, Any] = {
        "coerce": str,
        "empty_value": default,
        "initial": default,
        "widget": forms.RadioSelect,
    } | more
    return forms.TypedChoiceField(
        label=label, choices=list(choices.items()), required=False, error_messages=NOT_LISTED, **given
    )


class OptionFields(forms.Form):
    """For `person`, who is offered the groups that they may give."""

    names = choice("Names", {RANDOM: "Random, as user_kQzLmWxApR", REALISTIC: "Realistic, as Lena Fischer"})
    locale = choice("Language", LANGUAGES, widget=forms.Select)
    passwords = choice("Passwords", {INDIVIDUAL: "Each its own, of 50 letters and digits", SHARED: "One for all"})
    shared_password = forms.CharField(
        label="Password for all accounts",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        required=False,
        help_text="It is not shown again.",
    )
    hashing = choice("Hashing", {LIGHT: "Light: fast, for random passwords", FULL: "Full strength"})
    groups = forms.TypedMultipleChoiceField(
        label="Groups",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": NOT_GIVEN},
    )
    is_inactive = forms.BooleanField(label="Inactive: nobody can sign in with them", required=False)
    seed = forms.IntegerField(
        label="Same names again: seed",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "on"}),
        required=False,
        help_text="The seed of an earlier job, from its page. Empty for new names.",
        error_messages={"invalid": "Write a whole number, or leave it empty for new names."},
    )
    remove_after_hours = choice("Remove the accounts", EXPIRIES, coerce=int, empty_value=None, widget=forms.Select)

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["groups"]
        field.choices = [(str(group.pk), group.name) for group in groups.givable(person)]

    @property
    def options(self) -> Options:
        """What was chosen; the default of what is not chosen yet, or cannot be used."""
        cleaned = getattr(self, "cleaned_data", {})
        chosen = {name: cleaned[name] for name in CHOSEN if name in cleaned}
        return Options(**chosen, is_active=not cleaned.get("is_inactive", False))

    @property
    def summary(self) -> str:
        """What the options come to, while they are folded away."""
        return summary(self.options)

    @property
    def estimate(self) -> Estimate:
        return Estimate.now()

    @property
    def is_password_gone(self) -> bool:
        """A form that comes again does not bring the password back."""
        return self.is_bound and self.options.passwords == SHARED and "shared_password" not in self.errors

    @property
    def are_options_open(self) -> bool:
        return self.is_password_gone or any(name in self.errors for name in OptionFields.base_fields)

    def come_again(self) -> None:
        """With the focus on the first field that is wrong, and a word where something must be typed anew."""
        wrong = next((name for name in self.fields if name in self.errors), None)
        for name, field in self.fields.items():
            field.widget.attrs["autofocus"] = name == (wrong or "total")
        if self.is_password_gone:
            self["shared_password"].help_text = GONE

    @property
    def client_data(self) -> dict[str, Any]:
        """The words that the page's script puts the summary together from."""
        return dict(SAYS)
