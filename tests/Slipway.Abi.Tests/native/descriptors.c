/*
 * descriptors.c - whose a descriptor is, what is done to it, and what happens when there are no
 * more. Prints what was wrong and exits 1.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "expect.h"

static slipway_engine engine;
static slipway_port port;

static void dispatch(void)
{
    for (int i = 0; i < 20; i++)
        slipway_dispatch(engine, 4);
}

static int32_t attach(int fd, const char *framing)
{
    char link[64];
    snprintf(link, sizeof link, "fd:%d,framing=%s", fd, framing);
    return slipway_port_attach(engine, link, &port);
}

static int is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

/* The caller's until it succeeds, and the engine's from then on. */
static void ownership(void)
{
    int pair[2], file = open("/proc/self/exe", O_RDONLY), before = descriptors();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        exit(1);
    EXPECT(SLIPWAY_E_LINK, attach(pair[0], "dgram"));
    EXPECT(1, strstr(slipway_last_error(), "framing=dgram") != NULL);
    EXPECT(1, is_open(pair[0]));
    EXPECT(SLIPWAY_E_LINK, attach(file, "tap"));
    EXPECT(1, is_open(file));
    EXPECT(before + 2, descriptors());
    EXPECT(SLIPWAY_OK, attach(pair[0], "stream"));
    EXPECT(0, is_open(pair[0]));
    EXPECT(SLIPWAY_OK, slipway_port_detach(port));
    close(pair[1]);
    EXPECT(before, descriptors());
    close(file);
}

static slipway_vring_options rings(slipway_memory_region *region, int kick, int call)
{
    uint8_t *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                           -1, 0);
    slipway_vring_options o = {.size = sizeof o, .regions = region, .region_count = 1};
    *region = (slipway_memory_region){0, 1 << 20, memory, -1, 0};
    o.receive = (slipway_vring){.queue_size = 8, .descriptors = memory,
                                .available = memory + 4096, .used = memory + 8192,
                                .kick_fd = -1, .call_fd = -1};
    o.transmit = (slipway_vring){.queue_size = 8, .descriptors = memory + 16384,
                                 .available = memory + 20480, .used = memory + 24576,
                                 .kick_fd = kick, .call_fd = call};
    return o;
}

/* A VMM's eventfd stays as it is. */
static void kicks(void)
{
    int kick = eventfd(0, 0), call = eventfd(0, 0), pair[2];
    slipway_memory_region region;
    slipway_vring_options o = rings(&region, kick, call);
    EXPECT(SLIPWAY_OK, slipway_port_attach_vring(engine, &o, &port));
    EXPECT(0, fcntl(kick, F_GETFL) & O_NONBLOCK);
    EXPECT(0, fcntl(call, F_GETFL) & O_NONBLOCK);
    eventfd_write(kick, 1);
    dispatch();
    EXPECT(SLIPWAY_OK, slipway_port_detach(port));
    close(kick), close(call);

    /* Nothing else may be written to or waited for: it could raise SIGPIPE, or hold up a turn. */
    int file = open("/proc/self/exe", O_RDONLY), sockets[2];
    if (pipe(pair) || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
        exit(1);
    int others[] = {pair[0], pair[1], sockets[0], file};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        o = rings(&region, others[i], -1);
        EXPECT(SLIPWAY_E_LINK, slipway_port_attach_vring(engine, &o, &port));
        o = rings(&region, -1, others[i]);
        EXPECT(SLIPWAY_E_LINK, slipway_port_attach_vring(engine, &o, &port));
    }
    EXPECT(SLIPWAY_E_LINK, attach(sockets[0], "tap"));
    close(pair[0]), close(pair[1]), close(sockets[0]), close(sockets[1]), close(file);
}

static void try_all(void)
{
    slipway_port made;
    slipway_capture capture;
    slipway_ring_options ring = {.size = sizeof ring};
    int32_t fd = -7;
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach(engine, "stream:/tmp/slipway-none.sock", &made));
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach(engine, "dgram:/tmp/slipway-none.sock", &made));
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach(engine, "vhost-user:/tmp/slipway-none.sock", &made));
    EXPECT(1, slipway_port_attach_ring(engine, &ring, &made) < 0);
    EXPECT(SLIPWAY_E_NO_RESOURCES,
           slipway_port_attach_socketpair(engine, "stream", &made, &fd));
    EXPECT(-7, fd);
    EXPECT(SLIPWAY_E_NO_RESOURCES, slipway_capture_start(engine, 2, 0, &capture));
    EXPECT(1, access("/tmp/slipway-none.sock", F_OK) != 0);
}

/* With 0, 1, 2... left: each failure gives back what it took. */
static void shortage(void)
{
    struct rlimit all, few;
    int before = descriptors(), fillers[64], count = 0;
    getrlimit(RLIMIT_NOFILE, &all);
    few = all;
    few.rlim_cur = (rlim_t)dup(2) + 1; /* the lowest that is free */
    fillers[count++] = (int)few.rlim_cur - 1;
    setrlimit(RLIMIT_NOFILE, &few);
    try_all();
    setrlimit(RLIMIT_NOFILE, &all);
    close(fillers[0]);
    EXPECT(before, descriptors());

    for (int left = 1; left <= 8; left++) {
        slipway_port made;
        slipway_ring_options ring = {.size = sizeof ring};
        int32_t fd, statuses[4];
        few.rlim_cur = (rlim_t)dup(2) + (rlim_t)left;
        close((int)few.rlim_cur - left);
        setrlimit(RLIMIT_NOFILE, &few);
        statuses[0] = slipway_port_attach(engine, "stream:/tmp/slipway-few.sock", &made);
        if (statuses[0] == SLIPWAY_OK)
            slipway_port_detach(made);
        statuses[1] = slipway_port_attach(engine, "dgram:/tmp/slipway-few.sock", &made);
        if (statuses[1] == SLIPWAY_OK)
            slipway_port_detach(made);
        statuses[2] = slipway_port_attach_ring(engine, &ring, &made);
        if (statuses[2] == SLIPWAY_OK)
            slipway_port_detach(made);
        statuses[3] = slipway_port_attach_socketpair(engine, "dgram", &made, &fd);
        if (statuses[3] == SLIPWAY_OK)
            slipway_port_detach(made), close(fd);
        setrlimit(RLIMIT_NOFILE, &all);
        EXPECT(before, descriptors());
        EXPECT(1, access("/tmp/slipway-few.sock", F_OK) != 0);
        if (left == 8)
            for (int i = 0; i < 4; i++)
                EXPECT(SLIPWAY_OK, statuses[i]);
    }
}

int main(void)
{
    slipway_engine_options options = {.size = sizeof options};
    EXPECT(SLIPWAY_OK, slipway_engine_create(&options, &engine));
    ownership();
    kicks();
    shortage();
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(engine));
    printf("%d wrong\n", failures);
    return failures != 0;
}
