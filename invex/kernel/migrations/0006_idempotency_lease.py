from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0005_keyed_body_hash"),
    ]

    operations = [
        migrations.AddField(
            model_name="idempotencykey",
            name="leased_until",
            field=models.DateTimeField(default=timezone.now),  # who was at work has gone for the update
            preserve_default=False,
        ),
    ]
