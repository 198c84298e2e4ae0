"""What a person may ask for on a page, in sentences when it cannot be done."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator

from task.pages.option_fields import OptionFields


class GenerateRandomUserForm(OptionFields):
    """How many users to make. `request_id` makes the request known: submitting it twice asks once."""

    use_required_attribute = False

    total = forms.IntegerField(
        label="How many users?",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "on"}),
        error_messages={
            "required": "Write how many users you need.",
            "invalid": "Write a whole number, for example 100.",
        },
    )
    request_id = forms.UUIDField(widget=forms.HiddenInput)
    field_order = ("total",)
    retry_after_seconds: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        least, most = settings.GENERATE_MIN_TOTAL, settings.GENERATE_MAX_TOTAL
        total = self.fields["total"]
        total.help_text = f"From {least:,} to {most:,}."
        total.validators = [
            MinValueValidator(least, f"That is too few: ask for {least:,} users or more."),
            MaxValueValidator(most, f"That is too many: ask for {most:,} users or fewer."),
        ]

    def clean(self) -> None:
        if "request_id" in self.errors:
            del self.errors["request_id"]
            self.ask_again("This form had lost its mark, so nothing was started. Submit it again.")

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked for, as start_job takes it."""
        asked = self.cleaned_data
        return {"total": asked["total"], "request_id": asked["request_id"], "options": self.options}

    @property
    def estimate_words(self) -> str:
        """Of hashing at full strength, for a total that can be asked for."""
        total = self.cleaned_data.get("total") if self.is_bound else int(self["total"].value())
        return self.estimate.words(total)

    def ask_again(self, reason: str) -> None:
        """Shows the form with a new request_id, as a new request, and says why."""
        kept = self.data.copy()  # type: ignore[attr-defined]
        kept["request_id"] = str(uuid.uuid4())
        self.data = kept
        self.add_error(None, reason)

    def refuse(self, reason: str, *, retry_after_seconds: int) -> None:
        """Shows the form as it is: sent again later, it is the same request."""
        self.retry_after_seconds = retry_after_seconds
        self.add_error(None, reason)


def blank_form(preset: str, *, person: Any) -> GenerateRandomUserForm:
    """A form for a new request; a preset that cannot be asked for gives way to the most that can."""
    least, most = settings.GENERATE_MIN_TOTAL, settings.GENERATE_MAX_TOTAL
    is_usable = preset.isascii() and preset.isdigit() and len(preset) < 10 and least <= int(preset) <= most
    total = preset if is_usable else most
    return GenerateRandomUserForm(initial={"total": total, "request_id": uuid.uuid4()}, person=person)
