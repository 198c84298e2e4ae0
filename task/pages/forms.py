"""The form that requests a job."""

import re
import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator

from task.pages.number_text import grouped
from task.pages.option_fields import OptionFields

FORM_EXPIRED = "The form expired, and nothing was started. Submit it again."


class GenerateRandomUserForm(OptionFields):
    """Requests a job. `request_id` makes it idempotent: submitting the same form twice starts one job."""

    use_required_attribute = False

    total = forms.IntegerField(
        label="How many users?",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "on"}),
        error_messages={
            "required": "Enter how many users you need.",
            "invalid": "Enter a whole number, for example 100.",
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
            MinValueValidator(least, f"Too few users. Enter {least:,} or more."),
            MaxValueValidator(most, f"Too many users. Enter {most:,} or fewer."),
        ]

    def clean(self) -> None:
        if "request_id" in self.errors:
            del self.errors["request_id"]
            self.ask_again(FORM_EXPIRED)

    @property
    def asked(self) -> dict[str, Any]:
        """Keyword arguments for start_job. Only for a valid form."""
        cleaned = self.cleaned_data
        return {"total": cleaned["total"], "request_id": cleaned["request_id"], "options": self.options}

    @property
    def total_text(self) -> str:
        """The total on the button, or "" unless it is a number. static/task/js/pages/generate.js does the same."""
        text = str(self["total"].value() or "").strip()
        return grouped(int(text)) if re.fullmatch(r"[0-9]{1,9}", text) else ""

    @property
    def estimate_text(self) -> str:
        total = self.cleaned_data.get("total") if self.is_bound else int(self["total"].value())
        return self.estimate.text(total)

    def ask_again(self, reason: str) -> None:
        """Adds the error `reason` and a new request_id: submitting the form again is a new request."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data["request_id"] = str(uuid.uuid4())
        self.data = data
        self.add_error(None, reason)

    def refuse(self, reason: str, *, retry_after_seconds: int) -> None:
        """Adds the error `reason` and keeps the request_id: submitting the form later is the same request."""
        self.retry_after_seconds = retry_after_seconds
        self.add_error(None, reason)


def blank_form(preset: str, *, person: Any) -> GenerateRandomUserForm:
    """Returns a form for a new request. An unusable `preset` becomes the largest total."""
    least, most = settings.GENERATE_MIN_TOTAL, settings.GENERATE_MAX_TOTAL
    is_usable = preset.isascii() and preset.isdigit() and len(preset) < 10 and least <= int(preset) <= most
    total = preset if is_usable else most
    return GenerateRandomUserForm(initial={"total": total, "request_id": uuid.uuid4()}, person=person)
