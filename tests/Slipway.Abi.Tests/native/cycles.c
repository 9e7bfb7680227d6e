/*
 * cycles.c - engines and ports that come and go, many times: nothing may be left of them. Prints
 * what was left for each kind, and exits 1 if that is more than noise.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "expect.h"

enum { CYCLES = 300, MOST_KIB = 8192 };

static long resident_kib(void)
{
    long pages = 0, total = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%ld %ld", &total, &pages) != 2)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void check(int32_t status, const char *what)
{
    if (status < 0) {
        printf("%s: %s: %s\n", what, slipway_status_name(status), slipway_last_error());
        exit(1);
    }
}

static uint32_t output(void *user, slipway_port port, const slipway_frame_out *frames,
                       uint32_t count)
{
    (void)user, (void)port, (void)frames;
    return count;
}

static void frames(slipway_engine engine, slipway_port *port)
{
    slipway_frames_options options = {.size = sizeof options, .output = output};
    check(slipway_port_attach_frames(engine, &options, port), "frames");
}

static void ring(slipway_engine engine, slipway_port *port)
{
    slipway_ring_options options = {.size = sizeof options};
    check(slipway_port_attach_ring(engine, &options, port), "ring");
}

static void vring(slipway_engine engine, slipway_port *port)
{
    static uint8_t memory[1 << 16] __attribute__((aligned(4096)));
    slipway_memory_region region = {0, sizeof memory, memory, -1, 0};
    slipway_vring_options options = {
        .size = sizeof options, .region_count = 1, .regions = &region,
        .receive = {16, 0, memory, memory + 0x1000, memory + 0x2000, -1, -1},
        .transmit = {16, 0, memory + 0x4000, memory + 0x5000, memory + 0x6000, -1, -1}};
    check(slipway_port_attach_vring(engine, &options, port), "vring");
}

static void sockets(slipway_engine engine, slipway_port *port)
{
    int32_t fd;
    check(slipway_port_attach_socketpair(engine, "stream", port, &fd), "socketpair");
    close(fd);
}

static void path(slipway_engine engine, slipway_port *port)
{
    char link[64];
    snprintf(link, sizeof link, "vhost-user:/tmp/slipway-cycles-%d", getpid());
    check(slipway_port_attach(engine, link, port), "vhost-user");
}

/* Frames of a guest pass, so that the engine has something to forget. */
static void use(slipway_engine engine, slipway_port port)
{
    static const uint8_t arp[42] = {
        255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0,
        0, 9, 192, 168, 127, 9, 0, 0, 0, 0, 0, 0, 192, 168, 127, 1};
    slipway_iovec piece = {arp, sizeof arp};
    slipway_frame_in in = {.pieces = &piece, .piece_count = 1};
    slipway_port_input(port, &in, 1, NULL);
    slipway_dispatch(engine, 4);
}

static void attach(const char *name, uint32_t workers,
                   void (*one)(slipway_engine, slipway_port *))
{
    slipway_engine engine;
    slipway_engine_options options = {.size = sizeof options, .workers = workers};
    long before = 0;
    int open_before = 0;
    check(slipway_engine_create(&options, &engine), "create");
    if (workers > 1)
        check(slipway_engine_start(engine), "start");
    for (int i = 0; i < 2 * CYCLES; i++) {
        slipway_port port;
        if (i == CYCLES)
            before = resident_kib(), open_before = descriptors();
        one(engine, &port);
        if (workers == 1)
            use(engine, port);
        check(slipway_port_detach(port), "detach");
    }
    long left = resident_kib() - before;
    int open_left = descriptors() - open_before;
    printf("%s, %u workers: %ld KiB, %d descriptors\n", name, workers, left, open_left);
    failures += left > MOST_KIB || open_left > 2;
    check(slipway_engine_destroy(engine), "destroy");
}

static void engines(int started)
{
    long before = 0;
    int open_before = 0;
    for (int i = 0; i < 2 * CYCLES; i++) {
        slipway_engine engine;
        slipway_port port;
        slipway_engine_options options = {.size = sizeof options};
        if (i == CYCLES)
            before = resident_kib(), open_before = descriptors();
        check(slipway_engine_create(&options, &engine), "create");
        frames(engine, &port);
        if (started)
            check(slipway_engine_start(engine), "start");
        use(engine, port);
        check(slipway_engine_destroy(engine), "destroy");
    }
    long left = resident_kib() - before;
    int open_left = descriptors() - open_before;
    printf("engines%s: %ld KiB, %d descriptors\n", started ? " with a thread" : "", left,
           open_left);
    failures += left > MOST_KIB || open_left > 2;
}

int main(void)
{
    engines(0);
    engines(1);
    attach("frames", 1, frames);
    for (uint32_t workers = 1; workers <= 2; workers++) {
        attach("ring", workers, ring);
        attach("vring", workers, vring);
        attach("socketpair", workers, sockets);
        attach("vhost-user", workers, path);
    }
    return failures != 0;
}
