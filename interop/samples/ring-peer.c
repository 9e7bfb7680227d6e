/*
 * ring-peer.c - two processes over the ring pair: the engine in one, its guest in the other.
 *
 * The parent has the engine and attaches a ring (slipway_port_attach_ring). A child, which links
 * nothing of the engine's at run time, maps the memory and plays the guest (tiny-guest.h): this is
 * the other side of the rings in C, to be copied.
 * Build: cc ring-peer.c $(pkg-config --cflags --libs slipway) -lpthread
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "slipway.h"
#include "tiny-guest.h"

/* One direction. Positions that are the other side's are believed: it is the engine. */
struct ring {
    slipway_ring_control *control;
    uint8_t *bytes;
    uint64_t size, position; /* the tail of a producer, the head of a consumer */
};

static struct ring to_engine, to_guest;
static int engine_doorbell, guest_doorbell;
static struct tg guest;

static void check(int32_t status, const char *what)
{
    if (status < 0) {
        fprintf(stderr, "%s: %s: %s\n", what, slipway_status_name(status), slipway_last_error());
        exit(1);
    }
}

/* Has moved a position: rings the engine's doorbell if it waits for that. */
static void wake_engine(uint32_t *waits)
{
    uint64_t one = 1;
    atomic_thread_fence(memory_order_seq_cst);
    if (__atomic_load_n(waits, __ATOMIC_RELAXED) && __atomic_exchange_n(waits, 0, __ATOMIC_SEQ_CST)
        && write(engine_doorbell, &one, sizeof one) < 0)
        perror("doorbell");
}

static uint64_t record_bytes(uint32_t length) { return (8 + (uint64_t)length + 7) & ~7ull; }

/* Sends one frame; one that does not fit is lost, and the guest asks again. */
static void ring_send(void *user, const uint8_t *frame, uint32_t length)
{
    struct ring *r = &to_engine;
    (void)user;
    uint32_t bytes = (uint32_t)sizeof(slipway_net_header) + length;
    uint64_t record = record_bytes(bytes), to_end = r->size - (r->position & (r->size - 1));
    uint64_t skip = record > to_end ? to_end : 0;
    uint64_t head = __atomic_load_n(&r->control->head, __ATOMIC_ACQUIRE);
    if (r->position + skip + record - head > r->size)
        return;
    if (skip)
        *(uint32_t *)(r->bytes + (r->position & (r->size - 1))) = SLIPWAY_RING_SKIP;
    uint8_t *at = r->bytes + ((r->position + skip) & (r->size - 1));
    memset(at, 0, 8 + sizeof(slipway_net_header));
    *(uint32_t *)at = bytes;
    memcpy(at + 8 + sizeof(slipway_net_header), frame, length);
    r->position += skip + record;
    __atomic_store_n(&r->control->tail, r->position, __ATOMIC_RELEASE);
    wake_engine(&r->control->consumer_waits);
}

/* Takes what there is. */
static void ring_receive(void)
{
    struct ring *r = &to_guest;
    uint64_t tail;
    while (r->position != (tail = __atomic_load_n(&r->control->tail, __ATOMIC_ACQUIRE))) {
        while (r->position != tail) {
            uint8_t *at = r->bytes + (r->position & (r->size - 1));
            uint32_t length = *(uint32_t *)at;
            if (length == SLIPWAY_RING_SKIP) {
                r->position += r->size - (r->position & (r->size - 1));
                continue;
            }
            tg_input(&guest, at + 8 + sizeof(slipway_net_header),
                     length - (uint32_t)sizeof(slipway_net_header), tg_now_ns());
            r->position += record_bytes(length);
        }
        __atomic_store_n(&r->control->head, r->position, __ATOMIC_RELEASE);
        wake_engine(&r->control->producer_waits);
    }
}

/* Waits for a record, or a while. */
static void ring_wait(void)
{
    struct pollfd wait = {.fd = guest_doorbell, .events = POLLIN};
    uint64_t rings[64];
    __atomic_store_n(&to_guest.control->consumer_waits, 1, __ATOMIC_RELAXED);
    atomic_thread_fence(memory_order_seq_cst);
    if (__atomic_load_n(&to_guest.control->tail, __ATOMIC_ACQUIRE) == to_guest.position
        && poll(&wait, 1, 100) > 0 && read(guest_doorbell, rings, sizeof rings) < 0)
        perror("doorbell");
    __atomic_store_n(&to_guest.control->consumer_waits, 0, __ATOMIC_RELAXED);
}

static int play_guest(int memory_fd, uint16_t port)
{
    struct stat file;
    fstat(memory_fd, &file);
    uint8_t *memory =
        mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
    slipway_ring_header *header = (slipway_ring_header *)memory;
    if (memory == MAP_FAILED || header->magic != SLIPWAY_RING_MAGIC ||
        header->version != SLIPWAY_RING_VERSION)
        return 1;
    to_engine = (struct ring){
        (slipway_ring_control *)(memory + SLIPWAY_RING_TO_ENGINE_CONTROL),
        memory + header->to_engine_offset, header->to_engine_bytes, 0};
    to_guest = (struct ring){
        (slipway_ring_control *)(memory + SLIPWAY_RING_TO_GUEST_CONTROL),
        memory + header->to_guest_offset, header->to_guest_bytes, 0};

    guest.send = ring_send;
    tg_start(&guest, port);
    int64_t begin = tg_now_ns();
    while (guest.step != TG_DONE && tg_now_ns() - begin < 30000000000) {
        tg_tick(&guest, tg_now_ns());
        ring_receive();
        ring_wait();
    }
    fflush(stdout);
    return guest.step == TG_DONE && guest.corrupt == 0 && guest.received == 64 << 20 ? 0 : 1;
}

int main(void)
{
    /* The child comes first: a process with a runtime in it may fork only to exec. */
    int memory_fd[2], status = 1;
    uint16_t port;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, memory_fd) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0) {
        int fds[3];
        char control[CMSG_SPACE(sizeof fds)];
        struct iovec piece = {&port, sizeof port};
        struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                                 .msg_controllen = sizeof control};
        if (recvmsg(memory_fd[1], &message, 0) != sizeof port)
            _exit(1);
        memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fds);
        engine_doorbell = fds[1];
        guest_doorbell = fds[2];
        _exit(play_guest(fds[0], port));
    }

    slipway_engine engine;
    slipway_port ring;
    slipway_engine_options options = {.size = sizeof options};
    slipway_ring_options rings = {
        .size = sizeof rings, .offloads = SLIPWAY_OFFLOAD_CHECKSUM | SLIPWAY_OFFLOAD_TSO4};
    check(slipway_engine_create(&options, &engine), "create");
    check(slipway_port_attach_ring(engine, &rings, &ring), "attach");
    check(slipway_engine_start(engine), "start");

    int fds[3] = {rings.memory_fd, rings.doorbell_fd, rings.guest_doorbell_fd};
    char control[CMSG_SPACE(sizeof fds)] = {0};
    port = tg_listen(64 << 20);
    struct iovec piece = {&port, sizeof port};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(c), fds, sizeof fds);
    if (sendmsg(memory_fd[0], &message, 0) != sizeof port)
        return 1;
    if (waitpid(child, &status, 0) != child)
        return 1;
    check(slipway_engine_destroy(engine), "destroy");
    printf("ring: the guest's process ended with %d\n", WEXITSTATUS(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
