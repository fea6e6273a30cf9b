"""Test library of pop3-ext: hosts, private Dovecot servers, a POP3 client,
a scripted SMTP server and throw-away certificates.  See ../README."""
