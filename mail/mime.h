/*
 * mime.h - read an e-mail message (RFC 5322, MIME): the text for a person, and
 * the files attached to it.
 *
 *	why = mime_read(&mail, message);
 *	field_find(mail.head, "Subject") ...
 *	mail.text, mail.files ...
 *	mime_free(&mail);
 *
 * Mail comes from strangers.  Whatever is not understood is kept as a file, as
 * it is: parts that are nested too deep, messages in messages, text in unknown
 * character sets.  Memory is bounded by a few times the size of the message.
 */
#ifndef MNM_MAIL_MIME_H
#define MNM_MAIL_MIME_H

#include <stddef.h>

#include "base/buf.h"

#define MIME_DEPTH_MAX   16	/* parts within parts */
#define MIME_PARTS_MAX 1000
#define MIME_NAME_MAX   200	/* bytes of a file's name */

struct mime_file {
	char *name;		/* valid UTF-8 without control characters or
				   slashes, and neither empty nor hidden */
	struct buf data;
};

struct mime {
	struct span head;	/* of the message, borrowed; see field.h */
	struct buf text;	/* valid UTF-8; no control characters but tab
				   and newline, which ends it if not empty */
	struct mime_file *files;
	size_t count;
};

/* NULL, or why the message cannot be read; then nothing needs freeing. */
const char *mime_read(struct mime *, struct span message);
void mime_free(struct mime *);

#endif
