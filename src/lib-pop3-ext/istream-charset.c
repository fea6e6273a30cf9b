/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

/* Two things make the text the same, however the octets come in:

   Octets that are no whole character yet are taken from the parent and kept
   here. They can't stay there: a parent that holds data may refuse to read
   more (the host's quoted-printable decoder does).

   The host's converters make one U+FFFD of bad octets that come to them in one
   piece, and take for bad what the end of a piece cuts. They hand all that
   they make of a piece to a function of the caller's; ours decides itself what
   is bad, and leaves marks in the text that are removed again. */

#include "lib.h"
#include "buffer.h"
#include "charset-utf8.h"

#include "istream-compat.h"
#include "istream-charset.h"

/* Converted at a time: as UTF-8 it may be several times as long. */
#define CONVERT_MAX_SIZE 8192

/* Octets that are never in UTF-8. This one keeps U+FFFDs apart. */
#define MARK_NOTHING 0xff
/* What follows is not whole: it has to come again, with more behind it. */
#define MARK_CUT 0xfe

struct charset_istream {
	struct istream_private istream;

	struct charset_translation *charset;
	/* taken from the parent, and not converted yet */
	buffer_t *octets;
	/* converted, and from text_pos on not given to the reader yet */
	buffer_t *text;
	size_t text_pos;
	bool finished;
};

static void i_stream_charset_close(struct iostream_private *stream,
				   bool close_parent)
{
	struct charset_istream *cstream =
		container_of(stream, struct charset_istream, istream.iostream);

	if (cstream->charset != NULL)
		charset_to_utf8_end(&cstream->charset);
	buffer_free(&cstream->octets);
	buffer_free(&cstream->text);
	if (close_parent)
		i_stream_close(cstream->istream.parent);
}

static void text_append_bad(buffer_t *text)
{
	buffer_append(text, UNICODE_REPLACEMENT_CHAR_UTF8,
		      strlen(UNICODE_REPLACEMENT_CHAR_UTF8));
}

/* The host's normalizer_func_t */
static int text_normalize(const void *_input, size_t size, buffer_t *text)
{
	const unsigned char *input = _input;
	size_t pos = 0, begin = 0;
	unichar_t chr;
	int len, ret = 0;

	if (size == 0)
		buffer_append_c(text, MARK_NOTHING);
	while (pos < size) {
		if (input[pos] < 0x80) {
			pos++;
			continue;
		}
		len = uni_utf8_get_char_n(input + pos, size - pos, &chr);
		if (len > 0) {
			pos += len;
			continue;
		}
		buffer_append(text, input + begin, pos - begin);
		begin = pos;
		if (len == 0 && uni_utf8_char_bytes(input[pos]) > size - pos) {
			buffer_append_c(text, MARK_CUT);
			break;
		}
		text_append_bad(text);
		begin = ++pos;
		ret = -1;
	}
	buffer_append(text, input + begin, size - begin);
	return ret;
}

/* Removes the marks from pos on. Returns the number of octets behind the last
   whole character. */
static size_t text_remove_marks(buffer_t *text, size_t pos)
{
	unsigned char *data;
	size_t size, dest = pos;

	data = buffer_get_modifiable_data(text, &size);
	for (; pos < size && data[pos] != MARK_CUT; pos++) {
		if (data[pos] != MARK_NOTHING)
			data[dest++] = data[pos];
	}
	buffer_set_used_size(text, dest);
	return pos < size ? size - pos - 1 : 0;
}

static void charset_convert(struct charset_istream *cstream)
{
	size_t size = cstream->octets->used, pos = cstream->text->used;

	(void)charset_to_utf8(cstream->charset, cstream->octets->data, &size,
			      cstream->text);
	size -= text_remove_marks(cstream->text, pos);
	buffer_delete(cstream->octets, 0, size);
}

static void charset_finish(struct charset_istream *cstream)
{
	const unsigned char *data;
	size_t pos, size;

	while (cstream->octets->used > 0) {
		text_append_bad(cstream->text);
		buffer_delete(cstream->octets, 0, 1);
		charset_convert(cstream);
	}
	/* In some character sets the converter holds a letter back, because an
	   accent may follow. A line end shows that there is none. */
	pos = cstream->text->used;
	buffer_append_c(cstream->octets, '\n');
	charset_convert(cstream);
	buffer_set_used_size(cstream->octets, 0);
	data = cstream->text->data;
	size = cstream->text->used;
	if (size > pos)
		pos = data[size - 1] == '\n' ? size - 1 : pos;
	buffer_set_used_size(cstream->text, pos);
	cstream->finished = TRUE;
}

/* Returns 1 if something was converted, otherwise as read() does. */
static int charset_read_parent(struct charset_istream *cstream)
{
	struct istream_private *stream = &cstream->istream;
	const unsigned char *data;
	size_t size;
	int ret;

	cstream->text_pos = 0;
	buffer_set_used_size(cstream->text, 0);
	while (cstream->text->used == 0) {
		ret = i_stream_read_more_memarea(stream->parent, &data, &size);
		if (ret > 0) {
			size = I_MIN(size, CONVERT_MAX_SIZE);
			buffer_append(cstream->octets, data, size);
			i_stream_skip(stream->parent, size);
			charset_convert(cstream);
			continue;
		}
		if (ret == 0)
			return 0;
		i_assert(ret == -1); /* there is nothing in it */
		stream->istream.stream_errno = stream->parent->stream_errno;
		if (stream->istream.stream_errno != 0)
			return -1;
		if (cstream->finished) {
			stream->istream.eof = TRUE;
			return -1;
		}
		charset_finish(cstream);
	}
	return 1;
}

static ssize_t i_stream_charset_read(struct istream_private *stream)
{
	struct charset_istream *cstream =
		container_of(stream, struct charset_istream, istream);
	const unsigned char *text;
	size_t size, avail;
	int ret;

	if (cstream->text_pos == cstream->text->used) {
		ret = charset_read_parent(cstream);
		if (ret <= 0)
			return ret;
	}
	text = cstream->text->data;
	size = cstream->text->used - cstream->text_pos;
	if (!i_stream_try_alloc(stream, size, &avail))
		return -2;
	size = I_MIN(size, avail);
	memcpy(stream->w_buffer + stream->pos, text + cstream->text_pos, size);
	cstream->text_pos += size;
	stream->pos += size;
	return size;
}

int i_stream_create_charset(struct istream *input, const char *charset,
			    struct istream **stream_r)
{
	struct charset_translation *translation;
	struct charset_istream *cstream;

	if (charset_to_utf8_begin(charset, text_normalize, &translation) < 0)
		return -1;

	cstream = i_new(struct charset_istream, 1);
	cstream->charset = translation;
	cstream->octets = buffer_create_dynamic(default_pool, 1024);
	cstream->text = buffer_create_dynamic(default_pool, 1024);
	cstream->istream.max_buffer_size = input->real_stream->max_buffer_size;
	cstream->istream.iostream.close = i_stream_charset_close;
	cstream->istream.read = i_stream_charset_read;
	cstream->istream.istream.readable_fd = FALSE;
	cstream->istream.istream.blocking = input->blocking;
	cstream->istream.istream.seekable = FALSE;
	*stream_r = i_stream_create(&cstream->istream, input,
				    i_stream_get_fd(input),
				    ISTREAM_HIDDEN_INPUTS_NONE, 0);
	return 0;
}
