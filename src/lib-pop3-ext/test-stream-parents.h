#ifndef TEST_STREAM_PARENTS_H
#define TEST_STREAM_PARENTS_H

/* A stream reads the same, wherever its octets come from, in pieces of any
   size, blocking or not, with buffers of any size, and whether or not its reader
   takes all that there is before it reads on. */

struct istream;

struct test_stream {
	const char *name;
	/* Makes the stream above input, which is unreferenced by the caller.
	   Called for each run. */
	struct istream *(*create)(struct istream *input, void *context);
	void *context;
	/* Its buffer is its parent's, so that a reader that leaves something in
	   it can read on only when that is one that allows it. */
	bool passes_on;
	/* It is such a parent itself: the host's quoted-printable decoder. */
	bool wants_all_taken;
};

/* Runs octets through the stream in all ways, and compares with wanted, or
   expects an error if that is NULL. Failures are those of the test. */
void test_stream_all(const struct test_stream *stream,
		     const void *octets, size_t size, const buffer_t *wanted);
/* The same in one random way. */
void test_stream_random(const struct test_stream *stream,
			const void *octets, size_t size,
			const buffer_t *wanted);

#endif
