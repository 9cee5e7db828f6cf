/*
 * recfile.h - the text of a file of JSON records, one a line, with a checksum.
 *
 *	[
 *	{"next_ref":2,"uid":"%1H...Z"},
 *	{"alias":"Alice Smith","uid":"%1H...Z"},
 *	"crc32c 0a1b2c3d"]
 *
 * The last line holds the CRC-32C of all bytes before it, and has no other
 * form than this one, so that no byte of the file can change unnoticed.
 */
#ifndef MNM_DISK_RECFILE_H
#define MNM_DISK_RECFILE_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Make the text: begin, then write each record to the buf and end its line,
 * then seal.
 */
void lines_begin(struct buf *);
void lines_end_one(struct buf *);
void lines_seal(struct buf *);

/* Find the lines of a text.  Returns why there are none, or NULL. */
const char *lines_find(struct span *lines, struct span text);
/*
 * Take the next line, without its comma and newline.  False at the end, and at
 * a line that is none, which then is still there.
 */
bool lines_next(struct span *lines, struct span *line);

#endif
