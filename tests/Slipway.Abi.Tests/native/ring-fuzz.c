/*
 * ring-fuzz.c - a guest that writes whatever it likes into its rings, while the engine serves them.
 *
 * Usage: ring-fuzz SECONDS SEED. Virtqueues and a ring pair get random bytes, half-right ones, and
 * ones that change while they are read. Whatever happens, the process must live, every call must
 * give a status, and a guest that behaves must be served beside.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "frames-guest.h"

enum { MEMORY = 1 << 20, RING = 64 };

static slipway_engine engine;
static volatile int over;
static uint64_t attached, faults;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static void fail(const char *what, int32_t status)
{
    printf("%s: %s: %s\n", what, slipway_status_name(status), slipway_last_error());
    exit(1);
}

static double seconds(void) { return (double)tg_now_ns() / 1e9; }

/* A descriptor that is right in most of its fields. */
static void scribble_descriptor(uint8_t *d, uint64_t *s)
{
    uint64_t address = next(s) % 8 ? next(s) % MEMORY : next(s);
    uint32_t length = (uint32_t)(next(s) % 8 ? next(s) % 2048 : next(s));
    uint16_t flags = (uint16_t)(next(s) % 8 ? next(s) % 8 : next(s));
    uint16_t to = (uint16_t)(next(s) % 8 ? next(s) % RING : next(s));
    memcpy(d, &address, 8), memcpy(d + 8, &length, 4);
    memcpy(d + 12, &flags, 2), memcpy(d + 14, &to, 2);
}

static void scribble_queue(uint8_t *queue, uint64_t *s)
{
    for (int i = 0; i < RING; i++)
        scribble_descriptor(queue + 16 * i, s);
    uint16_t *available = (uint16_t *)(queue + 0x1000);
    for (int i = 0; i < RING; i++)
        available[2 + i] = (uint16_t)(next(s) % 16 ? next(s) % RING : next(s));
    available[0] = (uint16_t)(next(s) % 2);
    available[1] += (uint16_t)(next(s) % 16 ? next(s) % (RING / 2) : next(s));
    if (next(s) % 4 == 0)
        available[2 + RING] = (uint16_t)next(s);
}

static void *fuzz_vring(void *seed)
{
    uint64_t state = (uintptr_t)seed;
    uint8_t *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                           -1, 0);
    int call = eventfd(0, EFD_NONBLOCK);
    while (!over) {
        memset(memory, 0, 0x8000);
        slipway_port port;
        slipway_memory_region region = {0, MEMORY, memory, -1, 0};
        slipway_vring receive = {RING, 0, memory, memory + 0x1000, memory + 0x2000, -1, call};
        slipway_vring transmit = {RING, 0, memory + 0x4000, memory + 0x5000, memory + 0x6000, -1,
                                  call};
        slipway_vring_options options = {
            .size = sizeof options, .region_count = 1, .regions = &region, .receive = receive,
            .transmit = transmit, .features = slipway_vring_features() & next(&state)};
        int32_t status = slipway_port_attach_vring(engine, &options, &port);
        if (status != SLIPWAY_OK)
            fail("attach_vring", status);
        __atomic_add_fetch(&attached, 1, __ATOMIC_RELAXED);
        for (int i = 0; i < 50 && !over; i++) {
            scribble_queue(memory + (next(&state) % 2 ? 0x4000 : 0), &state);
            for (int j = 0; j < 64; j++)
                memory[0x8000 + next(&state) % (MEMORY - 0x8000)] = (uint8_t)next(&state);
            slipway_port_kick(port);
            if (next(&state) % 4 == 0)
                usleep((useconds_t)(next(&state) % 200));
        }
        slipway_port_info info = {.size = sizeof info};
        if ((status = slipway_port_info_read(port, &info)) != SLIPWAY_OK)
            fail("info", status);
        if (info.state == SLIPWAY_PORT_FAULT)
            __atomic_add_fetch(&faults, 1, __ATOMIC_RELAXED);
        if ((status = slipway_port_detach(port)) != SLIPWAY_OK)
            fail("detach", status);
    }
    return NULL;
}

static void *fuzz_ring(void *seed)
{
    uint64_t state = (uintptr_t)seed;
    while (!over) {
        slipway_port port;
        slipway_ring_options options = {
            .size = sizeof options, .ring_bytes = 1 << 18, .offloads = (uint32_t)next(&state) & 15};
        int32_t status = slipway_port_attach_ring(engine, &options, &port);
        if (status != SLIPWAY_OK)
            fail("attach_ring", status);
        __atomic_add_fetch(&attached, 1, __ATOMIC_RELAXED);
        size_t size = 4096 + 2 * (1 << 18);
        uint8_t *memory =
            mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, options.memory_fd, 0);
        slipway_ring_control *control = (slipway_ring_control *)(memory + 1024);
        uint64_t one = 1;
        for (int i = 0; i < 50 && !over; i++) {
            uint32_t *record = (uint32_t *)(memory + 4096 + (control->tail & ((1 << 18) - 1)));
            uint64_t length = next(&state) % 8 ? 12 + next(&state) % 1500 : next(&state);
            record[0] = (uint32_t)length, record[1] = 0;
            for (int j = 0; j < 8; j++)
                ((uint8_t *)record)[8 + next(&state) % 64] = (uint8_t)next(&state);
            control->tail += next(&state) % 16 ? ((8 + length + 7) & ~7ull) : next(&state);
            if (next(&state) % 16 == 0)
                memory[1024 + next(&state) % (size - 1024)] = (uint8_t)next(&state);
            if (write(options.doorbell_fd, &one, sizeof one) < 0)
                fail("doorbell", 0);
            if (next(&state) % 4 == 0)
                usleep((useconds_t)(next(&state) % 200));
        }
        slipway_port_info info = {.size = sizeof info};
        if ((status = slipway_port_info_read(port, &info)) != SLIPWAY_OK)
            fail("info", status);
        if (info.state == SLIPWAY_PORT_FAULT)
            __atomic_add_fetch(&faults, 1, __ATOMIC_RELAXED);
        munmap(memory, size);
        if ((status = slipway_port_detach(port)) != SLIPWAY_OK)
            fail("detach", status);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    double length = argc > 1 ? atof(argv[1]) : 5;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)tg_now_ns();
    slipway_engine_options options = {.size = sizeof options};
    slipway_frames_options frames = {.size = sizeof frames, .output = to_guest};
    int32_t status = slipway_engine_create(&options, &engine);
    pthread_t first, second;
    printf("seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
    if (status != SLIPWAY_OK
        || slipway_port_attach_frames(engine, &frames, &guest_port) != SLIPWAY_OK)
        fail("create", status);
    pthread_create(&first, NULL, fuzz_vring, (void *)(uintptr_t)(seed | 1));
    pthread_create(&second, NULL, fuzz_ring, (void *)(uintptr_t)(seed * 31 | 1));
    double end = seconds() + length;
    while (seconds() < end) {
        if ((status = slipway_dispatch(engine, 8)) < 0)
            fail("dispatch", status);
        usleep(50);
    }
    over = 1;
    pthread_join(first, NULL);
    pthread_join(second, NULL);

    guest.send = to_engine;
    tg_start(&guest, tg_listen(1 << 20));
    for (end = seconds() + 20; guest.step != TG_DONE && seconds() < end; usleep(100)) {
        tg_tick(&guest, tg_now_ns());
        slipway_dispatch(engine, 16);
    }
    printf("%llu ports, %llu stopped for what they did; afterwards a guest is %s\n",
           (unsigned long long)attached, (unsigned long long)faults,
           guest.step == TG_DONE && guest.corrupt == 0 ? "served" : "NOT SERVED");
    status = slipway_engine_destroy(engine);
    return guest.step == TG_DONE && guest.corrupt == 0 && faults > 0 && status == SLIPWAY_OK ? 0
                                                                                             : 1;
}
