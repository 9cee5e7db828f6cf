/*
 * post_form.h - the form that clients give to the data of a post: a sub-header
 * in JSON, the text (Markdown), and the attachments' bytes.
 *
 * The sub-header names the sender, the thread and its subject, and lists the
 * attachments.  Whatever a message really is, reading it ends in a text: a
 * sub-header that makes no sense, or none, leaves all the data as text.
 */
#ifndef MNM_CLIENT_POST_FORM_H
#define MNM_CLIENT_POST_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Room for a name that is safe as a file's name, and a NUL. */
#define POST_FORM_NAME 160

struct post_attachment {
	struct span name;	/* without its prefix; untrusted */
	char kind;		/* 'u' a file, 'f' a form, 'r' a filled form */
	uint64_t size;
	struct span data;	/* when read */
};

/* One who takes part, for recipients and for the sender's own devices. */
struct post_cc {
	struct span who;	/* a name, or a gid; "" if it is not known */
	struct span uid;	/* or the gid again */
};

struct post_form {
	struct span alias;	/* by which the sender is known; untrusted */
	struct span thread;	/* "": this begins one */
	struct span subject;	/* "" or the thread's new one */
	struct span confirm;	/* "", or the id of what this confirms */
	bool node_sync;		/* updates for the sender's own devices */
	uint64_t bridges;	/* that it has passed: "Bridges", ours alone */
	struct span group;	/* read: "", or the first gid that takes part */
	struct span text;
	struct post_attachment *attachments;	/* owned after reading */
	size_t attachment_count;
	/* To write only: to whom it goes, the sender's uid, and the date. */
	const struct post_cc *cc;
	size_t cc_count;
	struct span uid, date;
	struct buf room;	/* private: what the spans point into */
};

/*
 * Append the sub-header for this form.  Its length is the header's datahead;
 * the text and the attachments' bytes follow it.
 */
void post_form_head(struct buf *, const struct post_form *);
/*
 * Read a message's data, of which datahead bytes are the sub-header.  Spans
 * point into data, or belong to the form.
 */
void post_form_read(struct post_form *, struct span data, uint64_t datahead);
void post_form_free(struct post_form *);

/*
 * A name for a file, from an untrusted one: no directories, no control
 * characters, not hidden, not empty, valid UTF-8, NUL-terminated.
 */
void post_form_safe_name(char safe[POST_FORM_NAME], struct span name);

#endif
