"""What every REST operation shares: problems, pages, schemas."""
