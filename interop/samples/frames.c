/*
 * frames.c - the engine in a program's own loop: one poll(), no thread of the engine's.
 *
 * A guest (tiny-guest.h) gives its frames by slipway_port_input and takes the engine's in a
 * callback. Build: cc frames.c $(pkg-config --cflags --libs slipway) -lpthread
 */
#define _GNU_SOURCE
#include <poll.h>
#include <time.h>

#include "slipway.h"
#include "tiny-guest.h"

static struct tg guest;
static slipway_port port;

static void check(int32_t status, const char *what)
{
    if (status < 0) {
        fprintf(stderr, "%s: %s: %s\n", what, slipway_status_name(status), slipway_last_error());
        exit(1);
    }
}

/* The guest sends. It asks again what gets lost, so a full port is no harm. */
static void to_engine(void *user, const uint8_t *frame, uint32_t length)
{
    (void)user;
    slipway_iovec piece = {frame, length};
    slipway_frame_in in = {.pieces = &piece, .piece_count = 1};
    int32_t status = slipway_port_input(port, &in, 1, NULL);
    if (status != SLIPWAY_E_AGAIN)
        check(status, "input");
}

/* The engine sends. All of it is taken. */
static uint32_t to_guest(void *user, slipway_port from, const slipway_frame_out *frames,
                         uint32_t count)
{
    (void)user, (void)from;
    for (uint32_t i = 0; i < count; i++)
        tg_input(&guest, (const uint8_t *)(frames[i].header + 1), frames[i].length, tg_now_ns());
    return count;
}

static void say(void *user, int32_t level, const char *message)
{
    (void)user, (void)level;
    fprintf(stderr, "slipway: %s\n", message);
}

int main(void)
{
    slipway_engine engine;
    slipway_engine_options options = {
        .size = sizeof options, .log = say, .log_level = SLIPWAY_LOG_WARNING};
    slipway_frames_options frames = {.size = sizeof frames, .output = to_guest};
    slipway_stats stats = {.size = sizeof stats};

    check(slipway_engine_create(&options, &engine), "create");
    check(slipway_port_attach_frames(engine, &frames, &port), "attach");
    guest.send = to_engine;
    tg_start(&guest, tg_listen(16 << 20));

    int64_t end = tg_now_ns() + 30000000000;
    struct pollfd wait = {.fd = slipway_engine_fd(engine), .events = POLLIN};
    while (guest.step != TG_DONE && tg_now_ns() < end) {
        int64_t deadline;
        tg_tick(&guest, tg_now_ns());
        int32_t more = slipway_dispatch(engine, 16);
        check(more, "dispatch");
        check(slipway_next_deadline_ns(engine, &deadline), "deadline");
        int timeout = more == 1 ? 0
            : deadline < 0 || deadline > 100000000 ? 100 : (int)((deadline + 999999) / 1000000);
        poll(&wait, 1, timeout);
    }

    check(slipway_stats_read(engine, &stats), "stats");
    printf("frames: %llu from the guest, %llu to it\n",
           (unsigned long long)stats.frames_received, (unsigned long long)stats.frames_sent);
    check(slipway_engine_destroy(engine), "destroy");
    return guest.step == TG_DONE && guest.corrupt == 0 && guest.received == 16 << 20 ? 0 : 1;
}
