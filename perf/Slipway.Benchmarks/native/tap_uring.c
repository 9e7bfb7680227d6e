// What io_uring saves on a TAP: one call a frame, as the engine does, beside one submission for a
// batch, with registered descriptors and buffers. Nanoseconds a frame; the median of the rounds.
//
//   gcc -O2 -pthread -o /tmp/tap_uring tap_uring.c && unshare -n /tmp/tap_uring
//
// Frames have a virtio-net header. Large ones are of UDP_SEGMENT when read, and TCP segments (TSO)
// for another machine when written, which the kernel drops after it has taken them in.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MOST 64
#define ROOM 66000
#define ROUNDS 300
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

static char *buffers;
static int lengths[MOST];
static int ring, tap, udp, stream, sizes[2] = {1500, 64000};
static unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
static struct io_uring_sqe *sqes;
static struct io_uring_cqe *cqes;

static void check(int ok, const char *what) {
    if (!ok) { perror(what); exit(1); }
}

static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void open_ring(void) {
    struct io_uring_params p = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN};
    ring = syscall(SYS_io_uring_setup, 2 * MOST, &p);
    check(ring >= 0, "io_uring_setup");
    char *sq = mmap(0, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
    char *cq = mmap(0, p.cq_off.cqes + p.cq_entries * sizeof *cqes, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
    sqes = mmap(0, p.sq_entries * sizeof *sqes, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
    check(sq != MAP_FAILED && cq != MAP_FAILED && sqes != MAP_FAILED, "mmap of the rings");
    sq_tail = (unsigned *)(sq + p.sq_off.tail);
    sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
    sq_array = (unsigned *)(sq + p.sq_off.array);
    cq_head = (unsigned *)(cq + p.cq_off.head);
    cq_tail = (unsigned *)(cq + p.cq_off.tail);
    cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
    cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
    int files[2] = {tap, stream};
    check(!syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, files, 2), "files");
    struct iovec v[MOST];
    for (int i = 0; i < MOST; i++) v[i] = (struct iovec){buffers + (size_t)i * ROOM, ROOM};
    check(!syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, v, MOST), "buffers");
}

static void put(int op, int file, int i, int offset, int length) {
    unsigned at = *sq_tail & *sq_mask;
    struct io_uring_sqe *e = &sqes[at];
    memset(e, 0, sizeof *e);
    e->opcode = op;
    e->flags = IOSQE_FIXED_FILE;
    e->fd = file;
    e->addr = (unsigned long)(buffers + (size_t)i * ROOM + offset);
    e->len = length;
    e->user_data = i;
    if (op == IORING_OP_SEND) e->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
    else e->buf_index = i;
    sq_array[at] = at;
    __atomic_store_n(sq_tail, *sq_tail + 1, __ATOMIC_RELEASE);
}

static void submit(int n) {
    int done = syscall(SYS_io_uring_enter, ring, n, n, IORING_ENTER_GETEVENTS, 0, 0);
    check(done == n, "io_uring_enter");
    for (int i = 0; i < n; i++) {
        unsigned head = *cq_head;
        while (head == __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE))
            syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, 0, 0);
        struct io_uring_cqe *c = &cqes[head & *cq_mask];
        if (c->res <= 0) { errno = -c->res; check(0, "a completion"); }
        lengths[c->user_data] = c->res;
        __atomic_store_n(cq_head, head + 1, __ATOMIC_RELEASE);
    }
}

// Puts n frames into the TAP's queue.
static void fill(int n, int size) {
    static char payload[65000];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    inet_pton(AF_INET, "10.9.0.2", &to.sin_addr);
    int segment = size > 1500 ? 1448 : 0;
    check(!setsockopt(udp, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment), "UDP_SEGMENT");
    int length = size > 1500 ? 44 * 1448 : 1472;
    for (int i = 0; i < n; i++)
        check(sendto(udp, payload, length, 0, (void *)&to, sizeof to) == length, "sendto");
}

static void plain_read(int n) {
    for (int i = 0; i < n; i++) {
        lengths[i] = read(tap, buffers + (size_t)i * ROOM, ROOM);
        check(lengths[i] > 0, "read");
    }
}

static void ring_read(int n) {
    for (int i = 0; i < n; i++) put(IORING_OP_READ_FIXED, 0, i, 0, ROOM);
    submit(n);
}

static void plain_write(int n) {
    for (int i = 0; i < n; i++)
        check(write(tap, buffers + (size_t)i * ROOM, lengths[i]) == lengths[i], "write");
}

static void ring_write(int n) {
    int kept[MOST];
    memcpy(kept, lengths, sizeof kept);
    for (int i = 0; i < n; i++) put(IORING_OP_WRITE_FIXED, 0, i, 0, kept[i]);
    submit(n);
    memcpy(lengths, kept, sizeof kept);
}

// Frames to a host's stream: without the 52 bytes of headers, as a flow does.
static void plain_turn(int n) {
    plain_read(n);
    for (int i = 0; i < n; i++)
        check(send(stream, buffers + (size_t)i * ROOM + 52, lengths[i] - 52, MSG_NOSIGNAL) > 0,
            "send");
}

static void ring_turn(int n) {
    ring_read(n);
    int kept[MOST];
    memcpy(kept, lengths, sizeof kept);
    for (int i = 0; i < n; i++) put(IORING_OP_SEND, 1, i, 52, kept[i] - 52);
    submit(n);
}

static void prepare_writes(int size) {
    for (int i = 0; i < MOST; i++) {
        char *frame = buffers + (size_t)i * ROOM;
        memset(frame, 0, 100);
        struct virtio_net_hdr *h = (void *)frame;
        if (size > 1500) {
            h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
            h->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
            h->hdr_len = 54; h->gso_size = 1448; h->csum_start = 34; h->csum_offset = 16;
        }
        unsigned char *e = (void *)(frame + sizeof *h);
        memcpy(e, "\x02\0\0\0\0\x77\x02\0\0\0\0\x66\x08\0\x45\0", 16); // not the TAP's own MAC
        e[16] = (size - 14) >> 8; e[17] = (size - 14) & 255; e[22] = 64; e[23] = 6; e[46] = 0x50;
        lengths[i] = sizeof *h + size;
    }
}

static int compare(const void *a, const void *b) {
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

static long measure(void (*run)(int), int n, int size, int reads) {
    static long ns[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        if (reads) fill(n, size);
        long start = now();
        run(n);
        ns[r] = (now() - start) / n;
    }
    qsort(ns, ROUNDS, sizeof *ns, compare);
    return ns[ROUNDS / 2];
}

static void *drain(void *far) {
    static char nowhere[1 << 20];
    while (recv(*(int *)far, nowhere, sizeof nowhere, MSG_TRUNC) > 0) { }
    return 0;
}

static void open_all(void) {
    check((tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK)) >= 0, "/dev/net/tun");
    struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    strcpy(r.ifr_name, "tap0");
    check(!ioctl(tap, TUNSETIFF, &r), "TUNSETIFF");
    check(!ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_USO4 | 0x40), "OFFLOAD");
    check(!system("ip addr add 10.9.0.1/24 dev tap0; ip link set tap0 up; ip link set lo up;"
        "sysctl -qw net.ipv6.conf.tap0.disable_ipv6=1;"
        "ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:99 dev tap0"), "ip");
    usleep(200000);
    char scratch[ROOM];
    while (read(tap, scratch, ROOM) > 0) { }
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    int room = 64 << 20;
    setsockopt(udp, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof at;
    check(!bind(listener, (void *)&at, length) && !listen(listener, 1), "listen");
    getsockname(listener, (void *)&at, &length);
    stream = socket(AF_INET, SOCK_STREAM, 0);
    check(!connect(stream, (void *)&at, length), "connect");
    static int far;
    far = accept(listener, 0, 0);
    pthread_t thread;
    pthread_create(&thread, 0, drain, &far);
}

int main(void) {
    buffers = mmap(0, (size_t)MOST * ROOM, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    open_all();
    open_ring();
    struct { const char *name; void (*plain)(int), (*ring)(int); int reads; } kinds[] = {
        {"TAP read", plain_read, ring_read, 1}, {"TAP write", plain_write, ring_write, 0},
        {"TAP read and send", plain_turn, ring_turn, 1}};
    for (int k = 0; k < 3; k++)
        for (int s = 0; s < 2; s++)
            for (int n = 16; n <= MOST; n *= 4) {
                long plain[7], uring[7];
                for (int i = 0; i < 7; i++) { // in turns, so that noise meets both
                    if (!kinds[k].reads) prepare_writes(sizes[s]);
                    plain[i] = measure(kinds[k].plain, n, sizes[s], kinds[k].reads);
                    uring[i] = measure(kinds[k].ring, n, sizes[s], kinds[k].reads);
                }
                qsort(plain, 7, sizeof *plain, compare);
                qsort(uring, 7, sizeof *uring, compare);
                printf("| %s | %d | %d | %ld (%ld to %ld) | %ld (%ld to %ld) | %+.0f %% |\n",
                    kinds[k].name, sizes[s], n, plain[3], plain[0], plain[6], uring[3], uring[0],
                    uring[6], 100.0 * (uring[3] - plain[3]) / plain[3]);
                fflush(stdout);
            }
    return 0;
}
