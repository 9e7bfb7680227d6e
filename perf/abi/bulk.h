/*
 * bulk.h - a guest's TCP that does nothing but move bytes, over any transport.
 *
 * One connection at a time to a server on the host's loopback. Segments are 64 KiB with open
 * checksums (TSO), the window is as wide as it gets, and nothing is sent twice: nothing gets lost.
 */
#ifndef BULK_H
#define BULK_H

#include <stdint.h>

#include "slipway.h"

enum { HEADERS = 54, SEGMENT = 64 << 10, MSS = 1460, NET_HEADER = sizeof(slipway_net_header) };

/* How frames get to the engine and back. Each frame has a slipway_net_header before it. */
struct transport {
    const char *name;
    void *state;
    uint8_t *(*reserve)(void *state);                   /* room for one; NULL when there is none */
    void (*commit)(void *state, uint32_t length);       /* header and frame */
    void (*flush)(void *state);                         /* tell the engine */
    uint32_t (*receive)(void *state, const uint8_t **at); /* the next frame's length, or 0 */
    void (*done)(void *state);                          /* that frame is not needed any more */
    void (*wait)(void *state);                          /* for either, a while at the most */
};

/* Moves bytes for some seconds, up (from the guest) or down. Gbit/s as the receiver counts. */
double bulk_run(const struct transport *transport, int up, double seconds);

struct transport vring_transport(slipway_engine engine);      /* slipway_port_attach_vring */
struct transport vhost_user_transport(slipway_engine engine); /* the protocol over a socket pair */
struct transport ring_transport(slipway_engine engine);       /* slipway_port_attach_ring */

double now(void);
void check(int32_t status, const char *what);

#endif
