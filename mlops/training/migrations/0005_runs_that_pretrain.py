from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0004_runs_only_on_the_cpu"),
    ]

    operations = [
        migrations.AddField(
            model_name="trainingrun",
            name="pretrains",
            field=models.BooleanField(default=False),
        ),
    ]
