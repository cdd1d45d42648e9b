from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [
        migrations.AddField("build", "sha256", models.CharField(max_length=64, default=""), preserve_default=False),
        migrations.RunSQL("UPDATE registry_build SET sha256 = blob", migrations.RunSQL.noop),
        migrations.AlterField("build", "blob", models.CharField(blank=True, max_length=64)),
    ]
