from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils.crypto import salted_hmac


def key_hashes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Keep the answers that are there, under a hash of the hash; see accounts/idempotency.py."""
    for row in apps.get_model("kernel", "IdempotencyKey").objects.iterator():
        sha256 = bytes.fromhex(row.body_hmac)
        row.body_hmac = salted_hmac("invex.accounts.idempotency.body", sha256, algorithm="sha256").hexdigest()
        row.save(update_fields=["body_hmac"])


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0004_recorded_events"),
    ]

    operations = [
        migrations.RenameField(model_name="idempotencykey", old_name="body_sha256", new_name="body_hmac"),
        migrations.RunPython(key_hashes, migrations.RunPython.noop),
    ]
