"""Operations: start, supervise and watch the processes of an installation."""
