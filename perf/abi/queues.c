/* queues.c - a virtio driver in this process, given to the engine directly or over vhost-user. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "bulk.h"

enum { RX = 1024, TX = 256, RX_BYTES = 4096, TX_BYTES = 68 << 10, MEMORY = 64 << 20 };
enum { RX_BUFFERS = 1 << 20, TX_BUFFERS = 8 << 20 };

/* CSUM, GUEST_CSUM, GUEST_TSO4, HOST_TSO4, MRG_RXBUF, EVENT_IDX, VERSION_1 (virtio 1.2). */
static const uint64_t features = 1ull << 0 | 1ull << 1 | 1ull << 7 | 1ull << 11 | 1ull << 15
    | 1ull << 29 | 1ull << 32;

struct desc { uint64_t address; uint32_t length; uint16_t flags, next; };
struct element { uint32_t id, length; };
struct queue {
    uint32_t size;
    struct desc *desc;
    _Atomic uint16_t *avail, *used; /* flags, index, ring, event */
    struct element *elements;
    uint16_t taken, offered, kicked;
    int kick, call;
};
struct queues {
    uint8_t *memory;
    int file;
    struct queue rx, tx;
    uint16_t filled; /* buffers of the frame that is looked at */
    uint8_t frame[SEGMENT + 4096];
};

static void make_queue(struct queues *q, struct queue *one, uint32_t size, uint32_t at)
{
    one->size = size;
    one->desc = (struct desc *)(q->memory + at);
    one->avail = (_Atomic uint16_t *)(q->memory + at + 0x8000);
    one->used = (_Atomic uint16_t *)(q->memory + at + 0x10000);
    one->elements = (struct element *)(one->used + 2);
    one->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    one->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void offer(struct queue *q, uint16_t id)
{
    q->avail[2 + q->offered % q->size] = id;
    q->offered++;
}

/* Publishes what was offered, and kicks if the device asked for it (section 2.7.10). */
static void publish(struct queue *q)
{
    uint64_t one = 1;
    if (q->offered == q->kicked)
        return;
    atomic_store_explicit(&q->avail[1], q->offered, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    uint16_t wanted = q->used[2 + 4 * q->size];
    if ((uint16_t)(q->offered - wanted - 1) < (uint16_t)(q->offered - q->kicked)
        && write(q->kick, &one, sizeof one) < 0)
        perror("kick");
    q->kicked = q->offered;
}

static uint8_t *reserve(void *state)
{
    struct queues *q = state;
    if ((uint16_t)(q->tx.offered - q->tx.used[1]) == TX)
        return NULL;
    return q->memory + TX_BUFFERS + (size_t)(q->tx.offered % TX) * TX_BYTES;
}

static void commit(void *state, uint32_t length)
{
    struct queues *q = state;
    uint16_t id = q->tx.offered % TX;
    q->tx.desc[id] = (struct desc){TX_BUFFERS + (uint64_t)id * TX_BYTES, length, 0, 0};
    offer(&q->tx, id);
}

static void flush(void *state)
{
    struct queues *q = state;
    publish(&q->tx);
    publish(&q->rx);
}

/* A frame whose buffers lie one behind the other is looked at where it is, as a kernel would. */
static uint32_t receive(void *state, const uint8_t **at)
{
    struct queues *q = state;
    uint16_t there = (uint16_t)(atomic_load_explicit(&q->rx.used[1], memory_order_acquire)
                                - q->rx.taken);
    if (there == 0)
        return 0;
    struct element first = q->rx.elements[q->rx.taken % RX];
    uint8_t *buffer = q->memory + RX_BUFFERS + (size_t)first.id * RX_BYTES;
    q->filled = ((slipway_net_header *)buffer)->buffers;
    *at = buffer; /* headers are all that is looked at, and lie in the first */
    return first.length;
}

static void done(void *state)
{
    struct queues *q = state;
    for (; q->filled > 0; q->filled--)
        offer(&q->rx, (uint16_t)q->rx.elements[q->rx.taken++ % RX].id);
    if ((uint16_t)(q->rx.offered - q->rx.kicked) >= RX / 4)
        publish(&q->rx);
}

static void wait_for_call(void *state)
{
    struct queues *q = state;
    struct pollfd fds[2] = {{q->rx.call, POLLIN, 0}, {q->tx.call, POLLIN, 0}};
    uint64_t count;
    q->rx.avail[2 + RX] = q->rx.taken;
    q->tx.avail[2 + TX] = (uint16_t)(q->tx.offered - TX / 2);
    atomic_thread_fence(memory_order_seq_cst);
    if (q->rx.used[1] == q->rx.taken)
        poll(fds, 2, 20);
    for (int i = 0; i < 2; i++)
        if (fds[i].revents && read(fds[i].fd, &count, sizeof count) < 0)
            perror("call");
}

static struct queues *make_queues(void)
{
    struct queues *q = calloc(1, sizeof *q);
    q->file = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (q->file < 0 || ftruncate(q->file, MEMORY) != 0
        || fcntl(q->file, F_ADD_SEALS, F_SEAL_SHRINK) != 0) {
        perror("memfd");
        exit(1);
    }
    q->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, q->file, 0);
    make_queue(q, &q->rx, RX, 0);
    make_queue(q, &q->tx, TX, 0x20000);
    for (uint16_t i = 0; i < RX; i++) {
        q->rx.desc[i] = (struct desc){RX_BUFFERS + (uint64_t)i * RX_BYTES, RX_BYTES, 2, 0};
        offer(&q->rx, i);
    }
    atomic_store(&q->rx.avail[1], q->rx.offered);
    q->rx.kicked = q->rx.offered;
    return q;
}

static struct transport of(struct queues *q, const char *name)
{
    return (struct transport){name, q, reserve, commit, flush, receive, done, wait_for_call};
}

struct transport vring_transport(slipway_engine engine)
{
    struct queues *q = make_queues();
    slipway_port port;
    slipway_memory_region region = {0, MEMORY, q->memory, q->file, 0};
    slipway_vring_options options = {
        .size = sizeof options, .region_count = 1, .regions = &region, .features = features,
        .receive = {RX, 0, q->rx.desc, q->rx.avail, q->rx.used, q->rx.kick, q->rx.call},
        .transmit = {TX, 0, q->tx.desc, q->tx.avail, q->tx.used, q->tx.kick, q->tx.call}};
    check(slipway_port_attach_vring(engine, &options, &port), "attach_vring");
    return of(q, "attach_vring");
}

/* ---- The front end's side of vhost-user: what it takes to get a guest on line ---------------- */

enum { SET_FEATURES = 2, SET_OWNER = 3, SET_MEM_TABLE = 5, SET_NUM = 8, SET_ADDR = 9,
       SET_BASE = 10, SET_KICK = 12, SET_CALL = 13 };

static void tell(int socket, uint32_t request, const void *payload, uint32_t length, int fd)
{
    uint32_t header[3] = {request, 1, length};
    struct iovec pieces[2] = {{header, sizeof header}, {(void *)payload, length}};
    char control[CMSG_SPACE(sizeof fd)] = {0};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    if (fd >= 0) {
        message.msg_control = control, message.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    if (sendmsg(socket, &message, MSG_NOSIGNAL) != (ssize_t)(sizeof header + length)) {
        perror("vhost-user");
        exit(1);
    }
}

static void tell_queue(int socket, uint32_t index, const struct queue *q)
{
    uint32_t number[2] = {index, q->size}, base[2] = {index, 0};
    uint64_t address[5] = {index, (uintptr_t)q->desc, (uintptr_t)q->used, (uintptr_t)q->avail, 0};
    uint64_t which = index;
    tell(socket, SET_NUM, number, sizeof number, -1);
    tell(socket, SET_ADDR, address, sizeof address, -1);
    tell(socket, SET_BASE, base, sizeof base, -1);
    tell(socket, SET_CALL, &which, sizeof which, q->call);
    tell(socket, SET_KICK, &which, sizeof which, q->kick);
}

struct transport vhost_user_transport(slipway_engine engine)
{
    struct queues *q = make_queues();
    slipway_port port;
    char link[64];
    int ends[2];
    uint64_t table[5] = {1, 0, MEMORY, (uintptr_t)q->memory, 0};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        perror("socketpair");
        exit(1);
    }
    snprintf(link, sizeof link, "fd:%d,framing=vhost-user", ends[0]);
    check(slipway_port_attach(engine, link, &port), "attach");
    tell(ends[1], SET_OWNER, NULL, 0, -1);
    tell(ends[1], SET_FEATURES, &features, sizeof features, -1);
    tell(ends[1], SET_MEM_TABLE, table, sizeof table, q->file);
    tell_queue(ends[1], 0, &q->rx);
    tell_queue(ends[1], 1, &q->tx);
    return of(q, "vhost-user");
}
