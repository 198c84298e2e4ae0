"""Values for a bulk INSERT: the model's values and defaults, without columns that the database fills."""

from django.db import models
from django.db.models.functions import Upper
from django.test.utils import isolate_apps

from task.accounts import bulk


@isolate_apps("task")
def test_columns_that_the_database_fills_are_left_out() -> None:
    class Member(models.Model):  # noqa: DJ008
        name = models.CharField(max_length=10)
        plan = models.CharField(max_length=10, default="free")
        region = models.CharField(max_length=10, db_default="here")
        shown = models.GeneratedField(
            expression=Upper("name"), output_field=models.CharField(max_length=10), db_persist=True
        )

        class Meta:
            app_label = "arrivals"

    assert bulk.column_values(Member(), without=["name"]) == {"plan": "free"}
    assert bulk.column_values(Member(region="there"), without=["name"]) == {"plan": "free", "region": "there"}
