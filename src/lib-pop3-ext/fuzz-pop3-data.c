/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"
#include "fuzzer.h"

#include "test-pop3-data-reference.h"

/* The first octets say how much the parser gets at a time, how much room it
   has and how large the message may be (0 = any size). */
FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	struct test_pop3_data wanted;
	const char *error;

	if (size > 3) {
		test_pop3_data_reference(data + 3, size - 3, data[2], &wanted);
		error = test_pop3_data_compare(data + 3, size - 3, data[2],
					       data[0] + 1, data[1] + 2,
					       &wanted);
		if (error != NULL)
			i_panic("parser and reference differ: %s", error);
	}
FUZZ_END
