/* ring.c - the guest's side of a ring pair (slipway-ring.h). */
#define _GNU_SOURCE
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>

#include "bulk.h"

enum { RING_BYTES = 4 << 20 };

struct ring {
    slipway_ring_control *control;
    uint8_t *bytes;
    uint64_t position, published, record;
};
struct rings {
    struct ring out, in;
    int doorbell, guest_doorbell;
};

static uint64_t record_bytes(uint32_t length) { return (8 + (uint64_t)length + 7) & ~7ull; }

static void wake(struct rings *r, uint32_t *waits)
{
    uint64_t one = 1;
    atomic_thread_fence(memory_order_seq_cst);
    if (__atomic_load_n(waits, __ATOMIC_RELAXED)
        && __atomic_exchange_n(waits, 0, __ATOMIC_SEQ_CST)
        && write(r->doorbell, &one, sizeof one) < 0)
        perror("doorbell");
}

static void flush(void *state)
{
    struct rings *r = state;
    if (r->out.published != r->out.position) {
        r->out.published = r->out.position;
        __atomic_store_n(&r->out.control->tail, r->out.position, __ATOMIC_RELEASE);
        wake(r, &r->out.control->consumer_waits);
    }
    if (r->in.published != r->in.position) {
        r->in.published = r->in.position;
        __atomic_store_n(&r->in.control->head, r->in.position, __ATOMIC_RELEASE);
        wake(r, &r->in.control->producer_waits);
    }
}

/* Room for the longest frame. Who finds none asks to be woken, and looks once more. */
static uint8_t *reserve(void *state)
{
    struct rings *r = state;
    uint64_t most = record_bytes(NET_HEADER + SEGMENT + 64), mask = RING_BYTES - 1;
    uint64_t to_end = RING_BYTES - (r->out.position & mask), skip = most > to_end ? to_end : 0;
    for (int i = 0; i < 2; i++) {
        uint64_t head = __atomic_load_n(&r->out.control->head, __ATOMIC_ACQUIRE);
        if (r->out.position + skip + most - head <= RING_BYTES) {
            if (skip)
                *(uint32_t *)(r->out.bytes + (r->out.position & mask)) = SLIPWAY_RING_SKIP;
            r->out.position += skip;
            return r->out.bytes + (r->out.position & mask) + 8;
        }
        __atomic_store_n(&r->out.control->producer_waits, 1, __ATOMIC_RELAXED);
        atomic_thread_fence(memory_order_seq_cst);
    }
    return NULL;
}

static void commit(void *state, uint32_t length)
{
    struct rings *r = state;
    *(uint64_t *)(r->out.bytes + (r->out.position & (RING_BYTES - 1))) = length;
    r->out.position += record_bytes(length);
}

static uint32_t receive(void *state, const uint8_t **at)
{
    struct rings *r = state;
    while (r->in.position != __atomic_load_n(&r->in.control->tail, __ATOMIC_ACQUIRE)) {
        uint64_t place = r->in.position & (RING_BYTES - 1);
        uint32_t length = *(uint32_t *)(r->in.bytes + place);
        if (length != SLIPWAY_RING_SKIP) {
            *at = r->in.bytes + place + 8;
            r->in.record = record_bytes(length);
            return length;
        }
        r->in.position += RING_BYTES - place;
    }
    return 0;
}

static void done(void *state)
{
    struct rings *r = state;
    r->in.position += r->in.record;
    if (r->in.position - r->in.published > RING_BYTES / 4)
        flush(r);
}

static void wait_for_doorbell(void *state)
{
    struct rings *r = state;
    struct pollfd fd = {r->guest_doorbell, POLLIN, 0};
    uint64_t rings[64];
    __atomic_store_n(&r->in.control->consumer_waits, 1, __ATOMIC_RELAXED);
    atomic_thread_fence(memory_order_seq_cst);
    if (__atomic_load_n(&r->in.control->tail, __ATOMIC_ACQUIRE) == r->in.position
        && poll(&fd, 1, 20) > 0 && read(fd.fd, rings, sizeof rings) < 0)
        perror("doorbell");
    __atomic_store_n(&r->in.control->consumer_waits, 0, __ATOMIC_RELAXED);
}

struct transport ring_transport(slipway_engine engine)
{
    struct rings *r = calloc(1, sizeof *r);
    slipway_port port;
    slipway_ring_options options = {
        .size = sizeof options, .ring_bytes = RING_BYTES,
        .offloads = SLIPWAY_OFFLOAD_CHECKSUM | SLIPWAY_OFFLOAD_TSO4};
    check(slipway_port_attach_ring(engine, &options, &port), "attach_ring");
    uint8_t *memory = mmap(NULL, 4096 + 2 * RING_BYTES, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_POPULATE, options.memory_fd, 0);
    slipway_ring_header *header = (slipway_ring_header *)memory;
    if (memory == MAP_FAILED) {
        perror("ring");
        exit(1);
    }
    r->out.control = (slipway_ring_control *)(memory + SLIPWAY_RING_TO_ENGINE_CONTROL);
    r->in.control = (slipway_ring_control *)(memory + SLIPWAY_RING_TO_GUEST_CONTROL);
    r->out.bytes = memory + header->to_engine_offset;
    r->in.bytes = memory + header->to_guest_offset;
    r->doorbell = options.doorbell_fd, r->guest_doorbell = options.guest_doorbell_fd;
    return (struct transport){"ring", r, reserve, commit, flush, receive, done,
                              wait_for_doorbell};
}
