from __future__ import annotations

from django.db import models


class WatchedFile(models.Model):
    """A file of a watched folder whose documents are stored and that is about to be moved away (watching.py).

    Written with the documents, deleted after the move: what ends the process in between does not take the file twice.
    """

    folder = models.CharField(max_length=1000)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()  # bytes
    mtime_ns = models.BigIntegerField()
    inode = models.CharField(max_length=20)
    remark = models.TextField(blank=True)  # which members of an archive were refused, and why
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "name"], name="watched_file_once")]

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"
