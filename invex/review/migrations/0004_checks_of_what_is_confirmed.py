from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0003_time_a_document")]

    operations = [migrations.AddField("confirmedlabel", "failed", models.JSONField(default=list, blank=True))]
