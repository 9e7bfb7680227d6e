#ifndef PUBLICATIONS_H
#define PUBLICATIONS_H

#include <stdio.h>
#include <unistd.h>

#include "expect.h"
#include "slipway.h"

/* What else a publication may be: a name, options, a Unix socket, and what it may not be. */
static void check_publications(slipway_engine engine)
{
    static const char *const good[] = {"0:web:80,client-address=client", "[::1]:0:80",
                                       "0:53/udp,proxy-protocol=v2"};
    static const char *const bad[] = {"fd:nobody:80", "8000-8010:80-91", "0:80,mode=0600",
                                      "unix:/nonexistent/folder/s:80"};
    uint32_t id;
    char path[64], socket[96];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        EXPECT(SLIPWAY_OK, slipway_publish(engine, good[i], &id, NULL));
        EXPECT(SLIPWAY_OK, slipway_unpublish(engine, id));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT(SLIPWAY_E_CONFIG, slipway_publish(engine, bad[i], &id, NULL));
    snprintf(path, sizeof path, "/tmp/slipway-abuse-%ld.sock", (long)getpid());
    snprintf(socket, sizeof socket, "unix:%s:80,mode=0600", path);
    EXPECT(SLIPWAY_OK, slipway_publish(engine, socket, &id, NULL));
    EXPECT(0, access(path, F_OK));
    EXPECT(SLIPWAY_OK, slipway_unpublish(engine, id));
    EXPECT(-1, access(path, F_OK));
}

#endif
