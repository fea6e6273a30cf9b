#ifndef TEST_POP3_DATA_REFERENCE_H
#define TEST_POP3_DATA_REFERENCE_H

/* What pop3-data-parser.h should make of a whole input, written as plainly as
   possible: for the unit test and the fuzz target. */
struct test_pop3_data {
	/* NULs are left in */
	buffer_t *out;
	/* all errors in the message: 1 << enum pop3_data_error */
	unsigned int errors;
	/* position behind the end, size of the input if there is none */
	size_t taken;
	bool finished, have_8bit;
};

void test_pop3_data_reference(const unsigned char *in, size_t size,
			      size_t max_size, struct test_pop3_data *data_r);

/* Runs the parser with inputs of at most in_step octets and room for at most
   out_step octets, and compares. Returns NULL or what differs. */
const char *
test_pop3_data_compare(const unsigned char *in, size_t size, size_t max_size,
		       size_t in_step, size_t out_step,
		       const struct test_pop3_data *wanted);

#endif
