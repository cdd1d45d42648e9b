from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_sessions_and_invitations")]

    operations = [migrations.AddField("user", "knows_keys", models.BooleanField(default=False))]
