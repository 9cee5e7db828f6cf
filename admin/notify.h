/*
 * notify.h - tell the service manager how the relay is doing, as systemd's
 * sd_notify(3) does.
 *
 * Without a manager that listens nothing happens.
 */
#ifndef MNM_ADMIN_NOTIFY_H
#define MNM_ADMIN_NOTIFY_H

/* Lines like "READY=1\nSTATUS=serving". */
void notify(const char *lines);
/* How many seconds may pass between two "WATCHDOG=1"; 0: they are not asked. */
unsigned notify_watchdog(void);

#endif
