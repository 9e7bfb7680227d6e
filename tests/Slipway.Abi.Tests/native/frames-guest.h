/* frames-guest.h - the samples' guest behind a port of frames by calls, for the tests. */
#ifndef FRAMES_GUEST_H
#define FRAMES_GUEST_H

#include <time.h>

#include "slipway.h"
#include "../../../interop/samples/tiny-guest.h"

static struct tg guest;
static slipway_port guest_port;

static void to_engine(void *user, const uint8_t *frame, uint32_t length)
{
    (void)user;
    slipway_iovec piece = {frame, length};
    slipway_frame_in in = {.pieces = &piece, .piece_count = 1};
    slipway_port_input(guest_port, &in, 1, NULL);
}

static uint32_t to_guest(void *user, slipway_port from, const slipway_frame_out *frames,
                         uint32_t count)
{
    (void)user, (void)from;
    for (uint32_t i = 0; i < count; i++)
        tg_input(&guest, (const uint8_t *)(frames[i].header + 1), frames[i].length, tg_now_ns());
    return count;
}

#endif
