import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("memory", "0001_initial"), ("review", "0002_review_screen")]

    operations = [
        migrations.CreateModel(
            name="ExampleDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("choice", models.CharField(choices=[("keep", "keep"), ("out", "out")], max_length=4)),
                ("actor", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "label",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="example_decision",
                        to="review.confirmedlabel",
                    ),
                ),
            ],
        ),
    ]
