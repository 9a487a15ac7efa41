#ifndef SERVICE_SETTINGS_H
#define SERVICE_SETTINGS_H

/*
 * settings — one table of everything a service can be told, read from three places.
 *
 * In:       the command line, the environment, the file named by --config.
 * Out:      every setting as text, ports checked; what is wrong goes to standard error with its
 *           place.
 */

#include "service/service.h"

/* Fills in defaults, then the file named by --config, the environment, the command line. Returns -1
 * to go on, or the exit status after having printed help or a fault. `*out_verb` is the first word
 * that is no option, NULL where there is none. */
int settings_read(int argc, char **argv, const struct service *service,
                  struct service_settings *out_settings, const char **out_verb);

#endif
