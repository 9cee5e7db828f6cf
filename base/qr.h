/*
 * qr.h - a QR code (ISO/IEC 18004) of a short text, such as a link.
 *
 * Bytes as they are, versions 1 to 20, error correction level M, which repairs
 * about 15 % of damage.
 */
#ifndef MNM_BASE_QR_H
#define MNM_BASE_QR_H

#include <stdbool.h>

#include "base/buf.h"

#define QR_BYTES_MAX 666	/* of text */
#define QR_SIDE_MAX   97	/* modules of version 20 */

struct qr {
	int side;		/* modules, without the quiet zone */
	bool dark[QR_SIDE_MAX][QR_SIDE_MAX];	/* by row, then column */
};

/* The smallest code that holds the text.  False if it is too long. */
bool qr_encode(struct qr *, struct span text);
/*
 * Append a drawing for a terminal of any colours, quiet zone included: one line
 * for two rows of modules, in UTF-8 with colours set and reset on each line.
 */
void qr_draw(struct buf *, const struct qr *);

#endif
