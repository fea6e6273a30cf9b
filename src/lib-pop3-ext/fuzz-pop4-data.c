/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "buffer.h"
#include "fuzzer.h"
#include "unichar.h"

#include "pop4-data.h"
#include "terminal-text.h"

static void check(bool ok, const char *what)
{
	if (!ok)
		i_panic("wrong: %s", what);
}

/* In two pieces it means what it means in one. */
static void check_decode(const uint8_t *in, size_t size, size_t cut)
{
	buffer_t *whole = t_buffer_create(size), *pieces = t_buffer_create(size);
	struct pop4_data data1 = { 0 }, data2 = { 0 };
	size_t taken1, taken2;

	taken1 = pop4_data_decode(&data1, in, size, whole);
	taken2 = pop4_data_decode(&data2, in, cut, pieces);
	if (taken2 == cut)
		taken2 += pop4_data_decode(&data2, in + cut, size - cut, pieces);
	check(taken1 == taken2 && data1.state == data2.state, "decoded");
	check(buffer_cmp(whole, pieces), "decoded pieces");
	check(taken1 == size || pop4_data_ended(&data1), "end");
}

/* What is sent is read as the same, but for line ends. */
static void check_encode(const uint8_t *in, size_t size, size_t cut)
{
	buffer_t *wire = t_buffer_create(size), *out = t_buffer_create(size);
	buffer_t *again = t_buffer_create(size);
	struct pop4_data data = { 0 };

	pop4_data_encode(&data, in, cut, wire);
	pop4_data_encode(&data, in + cut, size - cut, wire);
	pop4_data_encode_end(&data, wire);

	i_zero(&data);
	check(pop4_data_decode(&data, wire->data, wire->used, out) ==
	      wire->used, "end inside the message");
	check(pop4_data_ended(&data), "no end");
	check(out->used >= size, "lost octets");

	i_zero(&data);
	pop4_data_encode(&data, out->data, out->used, again);
	pop4_data_encode_end(&data, again);
	check(buffer_cmp(wire, again), "sent again");
}

static void check_terminal(const uint8_t *in, size_t size, size_t cut)
{
	buffer_t *out = t_buffer_create(size), *whole = t_buffer_create(size);
	struct terminal_text text = { .partial_size = 0 };
	const unsigned char *p;

	terminal_text_add(&text, in, cut, out);
	terminal_text_add(&text, in + cut, size - cut, out);
	terminal_text_end(&text, out);
	i_zero(&text);
	terminal_text_add(&text, in, size, whole);
	terminal_text_end(&text, whole);
	check(buffer_cmp(out, whole), "text in pieces");

	check(uni_utf8_data_is_valid(out->data, out->used), "UTF-8");
	p = out->data;
	for (size = out->used; size > 0; size--, p++) {
		check(*p == '\n' || *p == '\t' || (*p >= 0x20 && *p != 0x7f),
		      "control character");
	}
}

/* The first octet says where the data is cut. */
FUZZ_BEGIN_DATA(const uint8_t *data, size_t size)
	size_t cut;

	if (size > 0) {
		cut = *data++;
		size--;
		cut = I_MIN(cut, size);
		check_decode(data, size, cut);
		check_encode(data, size, cut);
		check_terminal(data, size, cut);
	}
FUZZ_END
