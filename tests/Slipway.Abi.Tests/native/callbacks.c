/*
 * callbacks.c - what may be called from within callbacks, and what says that it may not. Each kind
 * of callback tries everything, with the engine dispatched and with a thread of its own.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

static slipway_engine engine, other;
static slipway_port port;
static atomic_int outputs, logs, clocks, is_set_up, detaches;

static const uint8_t arp[42] = {
    255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9,
    192, 168, 127, 9, 0, 0, 0, 0, 0, 0, 192, 168, 127, 1};

static int32_t input(void)
{
    slipway_iovec piece = {arp, sizeof arp};
    slipway_frame_in in = {.pieces = &piece, .piece_count = 1};
    return slipway_port_input(port, &in, 1, NULL);
}

static uint32_t output(void *user, slipway_port from, const slipway_frame_out *frames,
                       uint32_t count);

/* What waits for the turn's end is refused; all else works. */
static void try_everything(void)
{
    slipway_frames_options frames = {.size = sizeof frames, .output = output};
    slipway_stats stats = {.size = sizeof stats};
    slipway_port_info info = {.size = sizeof info};
    slipway_port made;
    slipway_capture capture;
    uint32_t count;
    int64_t deadline;
    EXPECT(SLIPWAY_E_REENTRANT, slipway_engine_destroy(engine));
    EXPECT(SLIPWAY_E_REENTRANT, slipway_engine_stop(engine, -1));
    EXPECT(SLIPWAY_E_REENTRANT, slipway_dispatch(engine, 1));
    EXPECT(SLIPWAY_E_REENTRANT, slipway_next_deadline_ns(engine, &deadline));
    EXPECT(SLIPWAY_E_REENTRANT, slipway_publish(engine, "0:80", NULL, NULL));
    EXPECT(SLIPWAY_E_REENTRANT, slipway_unpublish(engine, 1));
    EXPECT(SLIPWAY_E_REENTRANT, slipway_service_add(engine, "{}", NULL, NULL));
    EXPECT(SLIPWAY_E_REENTRANT, slipway_service_remove(engine, 1));
    EXPECT(SLIPWAY_E_REENTRANT, slipway_port_attach_frames(engine, &frames, &made));
    EXPECT(SLIPWAY_E_REENTRANT, slipway_port_set_link(port, 0));
    EXPECT(SLIPWAY_E_REENTRANT, slipway_capture_start(engine, 1, 0, &capture));
    EXPECT(SLIPWAY_OK, slipway_stats_read(engine, &stats));
    EXPECT(SLIPWAY_OK, slipway_port_info_read(port, &info));
    EXPECT(SLIPWAY_OK, slipway_flows_list(engine, NULL, sizeof(slipway_flow), 0, &count));
    EXPECT(SLIPWAY_OK, slipway_services_list(engine, NULL, sizeof(slipway_service), 0, &count));
    EXPECT(SLIPWAY_OK, slipway_dns_set(engine, "web.test", "192.0.2.1"));
    EXPECT(SLIPWAY_OK, slipway_port_resume(port));

    /* Another engine is another matter. */
    EXPECT(SLIPWAY_OK, slipway_publish(other, "0:80", NULL, NULL));
    EXPECT(0, slipway_dispatch(other, 0) < 0);
}

static uint32_t output(void *user, slipway_port from, const slipway_frame_out *frames,
                       uint32_t count)
{
    (void)user, (void)frames;
    if (from != port || !is_set_up)
        return count;
    outputs++;
    try_everything();
    if (outputs < 3)
        EXPECT(SLIPWAY_OK, input()); /* brings another call, in this turn or the next */
    if (detaches > 0)
        EXPECT(0, 1); /* called after it was detached */
    else if (outputs >= 3 && logs > 0 && detaches++ == 0)
        EXPECT(SLIPWAY_OK, slipway_port_detach(port));
    return count;
}

static void on_log(void *user, int32_t level, const char *message)
{
    (void)user, (void)level, (void)message;
    if (is_set_up && logs++ == 0)
        try_everything();
}

static int64_t clock_ns(void *user)
{
    struct timespec t;
    int64_t deadline;
    (void)user;
    if (is_set_up && clocks++ == 0)
        EXPECT(SLIPWAY_E_REENTRANT, slipway_next_deadline_ns(engine, &deadline));
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void run(int has_thread)
{
    slipway_engine_options options = {
        .size = sizeof options, .log = on_log, .clock = has_thread ? NULL : clock_ns};
    slipway_engine_options plain = {.size = sizeof plain};
    slipway_frames_options frames = {.size = sizeof frames, .output = output};
    outputs = logs = clocks = detaches = is_set_up = 0;
    EXPECT(SLIPWAY_OK, slipway_engine_create(&plain, &other));
    EXPECT(SLIPWAY_OK, slipway_engine_create(&options, &engine));
    EXPECT(SLIPWAY_OK, slipway_port_attach_frames(engine, &frames, &port));
    is_set_up = 1;
    if (has_thread)
        EXPECT(SLIPWAY_OK, slipway_engine_start(engine));
    EXPECT(SLIPWAY_OK, input());
    EXPECT(SLIPWAY_OK, slipway_publish(engine, "0:80", NULL, NULL)); /* which is logged */
    for (int i = 0; i < 300 && detaches == 0; i++) {
        input();
        if (!has_thread)
            slipway_dispatch(engine, 4);
        usleep(1000);
    }
    EXPECT(SLIPWAY_E_BAD_HANDLE, input());
    EXPECT(1, detaches);
    EXPECT(1, logs > 0);
    EXPECT(1, has_thread || clocks > 0);
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(engine));
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(other));
}

int main(void)
{
    run(0);
    run(1);
    printf("%d wrong\n", failures);
    return failures != 0;
}
