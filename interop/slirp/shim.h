/* shim.h - what the files of the shim share: an instance, and how things are said. */
#ifndef SHIM_H
#define SHIM_H

#include <slirp/libslirp.h>

#include "slipway.h"

enum { SHIM_FORWARDS = 256, SHIM_TEXT = 4096 };

/* A host port that was forwarded, as its remover will name it. */
struct shim_forward {
    uint32_t id; /* 0: free */
    int is_udp;
    char host[64];      /* "127.0.0.1:8080" */
    uint16_t host_port; /* the real one, where 0 was asked for */
    char guest[64];
};

struct Slirp {
    const SlirpCb *callbacks;
    void *opaque;
    slipway_engine engine;
    slipway_port port;
    int poll_index;
    char first_guest[16]; /* "10.0.2.15": a forward's guest where none is named */
    struct shim_forward forwards[SHIM_FORWARDS];
};

/* Tells the program's user, in a sentence. */
void shim_say(const Slirp *slirp, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes the engine's configuration of libslirp's. 0, or -1 when something cannot be carried over,
 * which has been said. */
int shim_configure(const SlirpConfig *config, char *json, size_t size);

#endif
