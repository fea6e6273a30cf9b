#ifndef TEST_CERT_H
#define TEST_CERT_H

/* Makes a self-signed certificate for 127.0.0.1 or, if name is not NULL, for
   that host name. The PEM texts are allocated from the data stack. */
void test_cert_create(const char *name, const char **cert_r,
		      const char **key_r);

#endif
