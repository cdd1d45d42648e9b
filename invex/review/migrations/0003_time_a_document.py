from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0002_review_screen")]

    operations = [
        migrations.AddField("confirmedlabel", "seconds", models.FloatField(null=True, blank=True)),
        migrations.AddField("confirmedlabel", "field_seconds", models.JSONField(default=dict, blank=True)),
    ]
