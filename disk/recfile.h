/*
 * recfile.h - the text of a file of JSON records, one a line, with a checksum.
 *
 *	[
 *	{"next_ref":2,"uid":"%1H...Z"},
 *	{"alias":"Alice Smith","uid":"%1H...Z"},
 *	"crc32c 0a1b2c3d"]
 *
 * The last line holds the CRC-32C of all bytes before it, and has only this
 * form, so that no byte of the file can change unnoticed.
 */
#ifndef MNM_DISK_RECFILE_H
#define MNM_DISK_RECFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * To make the text: begin, then for each record, write it to the buf and end
 * it; then seal.
 */
void recfile_begin(struct buf *);
void recfile_end_record(struct buf *);
void recfile_seal(struct buf *);

struct quarantine;

/* Returns what is wrong with a line, or NULL. */
typedef const char *recfile_check(void *with, struct span line);

/*
 * Read DATA/path, of at most max bytes, check each of its lines, and find them.
 * Returns 1; 0 if there is no file, or it was damaged and is in lost+found now;
 * -1 with errno if it cannot be read or moved.  A read error that passes does
 * not count.
 */
int recfile_read(struct quarantine *, const char *path, size_t max,
    struct buf *text, struct span *lines, recfile_check *, void *with);
/*
 * Take the next line, without its comma and newline.  False at the end, and at
 * an invalid line, which then remains.
 */
bool recfile_next(struct span *lines, struct span *line);

/*
 * Drafts replace files without a sync of each.  A file renamed before its bytes
 * are durable can be empty or torn after a power cut, and the old one is lost.
 * So there are two steps, with one sync of the whole tree between them:
 *
 *	recfile_draft(d, path, text)	writes DATA/tmp/draft-N
 *	a sync of the tree
 *	recfile_install(d)		gives each its name
 *
 * The names are durable with the next sync of the tree.  A crash leaves the old
 * file or the new one; start-up removes what it leaves in tmp.
 */
struct drafts {
	struct quarantine *quarantine;
	struct buf paths;	/* of those to be installed, each with NUL */
	size_t first;		/* number of the first of them */
	size_t count;
};

/* Begin with { .quarantine = q }. */
void recfile_free(struct drafts *);
/* Write the draft of DATA/path.  -1 with errno. */
int recfile_draft(struct drafts *, const char *path, struct span text);
/*
 * Install one: if it cannot have its name, aside (see quarantine.h).  Returns
 * 1, 0 when there is none, or -1 with errno: it remains a draft.
 */
int recfile_install(struct drafts *);
bool recfile_is_aside(const struct quarantine *, const char *path);
/* At start: the same, after it was given its name, if it can have it. */
bool recfile_stays(struct quarantine *, const char *path);

#endif
