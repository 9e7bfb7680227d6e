/*
 * late-log.c - a log call from a thread of the library's that is still in the program's function
 * when the engine is destroyed: destroying waits for it, and it cannot wait for the destroying.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "expect.h"
#include "frames-guest.h"

static slipway_engine engine;
static atomic_int entered, left;

static void on_log(void *user, int32_t level, const char *message)
{
    (void)user;
    if (level < SLIPWAY_LOG_WARNING || entered)
        return;
    printf("said: %s\n", message);
    entered = 1;
    EXPECT(SLIPWAY_E_REENTRANT, slipway_engine_destroy(engine));
    usleep(500000);
    left = 1;
}

/* A log function that makes another engine, whose log function destroys the first. */
static slipway_engine outer, inner;
static int32_t nested_status;

static void on_inner_log(void *user, int32_t level, const char *message)
{
    (void)user, (void)level, (void)message;
    nested_status = slipway_engine_destroy(outer);
}

static void on_outer_log(void *user, int32_t level, const char *message)
{
    slipway_engine_options options = {
        .size = sizeof options, .config_json = "{\"publish\": [\"0:80\"]}", .log = on_inner_log};
    (void)user, (void)level, (void)message;
    if (inner == 0)
        EXPECT(SLIPWAY_OK, slipway_engine_create(&options, &inner));
}

static void nested(void)
{
    slipway_engine_options options = {.size = sizeof options, .log = on_outer_log};
    EXPECT(SLIPWAY_OK, slipway_engine_create(&options, &outer));
    EXPECT(SLIPWAY_OK, slipway_publish(outer, "0:80", NULL, NULL)); /* which is logged */
    EXPECT(SLIPWAY_E_REENTRANT, nested_status);
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(inner));
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(outer));
}

int main(void)
{
    char folder[] = "/tmp/slipway-late-XXXXXX", json[256];
    slipway_frames_options frames = {.size = sizeof frames, .output = to_guest};
    slipway_engine_options options = {
        .size = sizeof options, .config_json = json, .log = on_log,
        .log_level = SLIPWAY_LOG_WARNING};
    if (!mkdtemp(folder))
        return 1;
    snprintf(json, sizeof json, "{\"dhcp\": {\"leaseFile\": \"%s/leases.json\"}}", folder);
    EXPECT(SLIPWAY_OK, slipway_engine_create(&options, &engine));
    EXPECT(SLIPWAY_OK, slipway_port_attach_frames(engine, &frames, &guest_port));
    rmdir(folder); /* so that the lease cannot be written, which is said by another thread */
    guest.send = to_engine;
    tg_start(&guest, tg_listen(1));
    int64_t end = tg_now_ns() + 30000000000;
    while (!entered && tg_now_ns() < end) {
        tg_tick(&guest, tg_now_ns());
        slipway_dispatch(engine, 4);
        usleep(1000);
    }
    EXPECT(1, entered);
    EXPECT(0, left);
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(engine));
    EXPECT(1, left);
    nested();
    printf("%d wrong\n", failures);
    return failures != 0;
}
