/*
 * watch.h - commands that show what the relay has to do.
 */
#ifndef MNM_ADMIN_WATCH_H
#define MNM_ADMIN_WATCH_H

#include "admin/call.h"

const char *watch_queue(struct call *);
const char *watch_stats(struct call *);
const char *watch_links(struct call *);

#endif
