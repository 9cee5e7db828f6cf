/*
 * html.h - what a page of HTML says, as plain text.
 *
 * Blocks become paragraphs, items of lists begin with "* ", and the address of
 * a link stands behind it.  Scripts, styles and pictures without a text are
 * left out.  Nothing is ever fetched.
 */
#ifndef MNM_MAIL_HTML_H
#define MNM_MAIL_HTML_H

#include "base/buf.h"

/* Append the text of html, which is valid UTF-8.  So is the text. */
void html_text(struct buf *to, struct span html);

#endif
