/*
 * transfer.h - the encodings in which mail carries bytes: base64 and
 * quoted-printable (RFC 2045), and the Q encoding of headers (RFC 2047).
 */
#ifndef MNM_MAIL_TRANSFER_H
#define MNM_MAIL_TRANSFER_H

#include "base/buf.h"

/* What has no place there is passed over. */
void transfer_read_base64(struct buf *to, struct span text);
/* What is invalid stays as it is. */
void transfer_read_quoted(struct buf *to, struct span text);
/* The same in a header, where '_' is a space. */
void transfer_read_word(struct buf *to, struct span text);

/* Lines of at most 76 characters. */
void transfer_write_base64(struct buf *to, struct span bytes);
/* Without line ends. */
void transfer_write_base64_word(struct buf *to, struct span bytes);
/* The text's newlines stay, and lines of at most 76 characters continue. */
void transfer_write_quoted(struct buf *to, struct span text);

#endif
