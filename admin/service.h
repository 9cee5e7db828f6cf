/*
 * service.h - the relay as a process: started in the right order, reloaded,
 * looked after and stopped by signals.
 */
#ifndef MNM_ADMIN_SERVICE_H
#define MNM_ADMIN_SERVICE_H

#include "conf.h"

/*
 * Serve until SIGINT or SIGTERM; what stands in the way ends the program.  conf
 * was read from path, or has the defaults if that is NULL; it is taken over.
 */
void service_run(struct conf *, const char *path);

#endif
