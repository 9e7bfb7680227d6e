/*
 * tiny-vmm.c - the network side of a hypervisor in one file.
 *
 * Allocates a guest's memory, sets up a pair of virtqueues in it as the guest's driver would, and
 * gives them to the engine (slipway_port_attach_vring), which runs on a thread of its own. Then it
 * plays the guest (tiny-guest.h): DHCP, ARP, a DNS query, a ping, a TCP download.
 * Build: cc tiny-vmm.c $(pkg-config --cflags --libs slipway) -lpthread
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>

#include "slipway.h"
#include "tiny-guest.h"

enum { RING = 256, MEMORY = 16 << 20, RX_BYTES = 4096, TX_BYTES = 2048, HEADER = 12 };

/* virtio 1.2 section 5.1.3 and 6. */
#define F_GUEST_CSUM (1ull << 1)
#define F_GUEST_TSO4 (1ull << 7)
#define F_MRG_RXBUF (1ull << 15)
#define F_VERSION_1 (1ull << 32)

/* A split virtqueue (virtio 1.2 section 2.7), as the driver sees it. */
struct desc { uint64_t address; uint32_t length; uint16_t flags, next; };
struct avail { uint16_t flags; _Atomic uint16_t index; uint16_t ring[RING]; uint16_t used_event; };
struct used_element { uint32_t id, length; };
struct used { uint16_t flags; _Atomic uint16_t index; struct used_element ring[RING]; };
struct queue {
    struct desc *desc;
    struct avail *avail;
    struct used *used;
    uint16_t taken;   /* of the used ring */
    uint64_t buffers; /* guest-physical */
    int kick, call;
};

static uint8_t *memory;
static struct queue rx, tx;
static struct tg guest;

static void check(int32_t status, const char *what)
{
    if (status < 0) {
        fprintf(stderr, "%s: %s: %s\n", what, slipway_status_name(status), slipway_last_error());
        exit(1);
    }
}

/* The guest's memory: a memfd that cannot shrink, so that nobody can pull it away. */
static int make_memory(void)
{
    int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, MEMORY) != 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) != 0) {
        perror("memfd");
        exit(1);
    }
    memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return fd;
}

static void make_queue(struct queue *q, uint64_t at, uint64_t buffers)
{
    q->desc = (struct desc *)(memory + at);
    q->avail = (struct avail *)(memory + at + 0x1000);
    q->used = (struct used *)(memory + at + 0x2000);
    q->buffers = buffers;
    q->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    q->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void kick(struct queue *q)
{
    uint64_t one = 1;
    atomic_thread_fence(memory_order_seq_cst);
    if (!(q->used->flags & 1) && write(q->kick, &one, sizeof one) < 0)
        perror("kick");
}

static void offer(struct queue *q, uint16_t id, uint32_t length, uint16_t flags, uint64_t each)
{
    uint16_t index = atomic_load(&q->avail->index);
    q->desc[id] = (struct desc){q->buffers + id * each, length, flags, 0};
    q->avail->ring[index % RING] = id;
    atomic_store_explicit(&q->avail->index, (uint16_t)(index + 1), memory_order_release);
}

static slipway_vring describe(const struct queue *q)
{
    return (slipway_vring){.queue_size = RING, .descriptors = q->desc, .available = q->avail,
                           .used = q->used, .kick_fd = q->kick, .call_fd = q->call};
}

/* The guest's driver sends: a header of zeros and the frame in one buffer. */
static void driver_send(void *user, const uint8_t *frame, uint32_t length)
{
    (void)user;
    uint16_t sent = atomic_load(&tx.avail->index);
    if ((uint16_t)(sent - atomic_load(&tx.used->index)) == RING)
        return; /* full: the guest asks again */
    uint16_t id = sent % RING;
    uint8_t *buffer = memory + tx.buffers + id * TX_BYTES;
    memset(buffer, 0, HEADER);
    memcpy(buffer + HEADER, frame, length);
    offer(&tx, id, HEADER + length, 0, TX_BYTES);
    kick(&tx);
}

/* The guest's driver receives: a frame may lie in several buffers, its header says how many. */
static void driver_receive(void)
{
    static uint8_t frame[1 << 17];
    while (rx.taken != atomic_load_explicit(&rx.used->index, memory_order_acquire)) {
        uint32_t length = 0;
        uint16_t count = 1;
        for (uint16_t i = 0; i < count; i++) {
            struct used_element e = rx.used->ring[rx.taken++ % RING];
            uint8_t *buffer = memory + rx.buffers + e.id * RX_BYTES;
            if (i == 0)
                count = ((slipway_net_header *)buffer)->buffers;
            memcpy(frame + length, buffer, e.length);
            length += e.length;
            offer(&rx, (uint16_t)e.id, RX_BYTES, 2, RX_BYTES);
        }
        tg_input(&guest, frame + HEADER, length - HEADER, tg_now_ns());
    }
    kick(&rx);
}

int main(void)
{
    int file = make_memory();
    make_queue(&rx, 0, 1 << 20);
    make_queue(&tx, 0x8000, 4 << 20);
    for (uint16_t i = 0; i < RING; i++)
        offer(&rx, i, RX_BYTES, 2, RX_BYTES);

    slipway_engine engine;
    slipway_port port;
    slipway_engine_options options = {.size = sizeof options};
    slipway_memory_region region = {.length = MEMORY, .host_address = memory, .fd = file};
    slipway_vring_options vrings = {
        .size = sizeof vrings, .region_count = 1, .regions = &region, .receive = describe(&rx),
        .transmit = describe(&tx),
        .features = slipway_vring_features() & (F_VERSION_1 | F_MRG_RXBUF | F_GUEST_CSUM |
                                                F_GUEST_TSO4)};
    check(slipway_engine_create(&options, &engine), "create");
    check(slipway_port_attach_vring(engine, &vrings, &port), "attach");
    check(slipway_engine_start(engine), "start");

    guest.send = driver_send;
    tg_start(&guest, tg_listen(64 << 20));
    int64_t begin = tg_now_ns();
    struct pollfd wait = {.fd = rx.call, .events = POLLIN};
    while (guest.step != TG_DONE && tg_now_ns() - begin < 30000000000) {
        uint64_t calls;
        tg_tick(&guest, tg_now_ns());
        if (poll(&wait, 1, 100) > 0 && read(rx.call, &calls, sizeof calls) < 0)
            perror("call");
        driver_receive();
    }

    slipway_port_info info = {.size = sizeof info};
    check(slipway_port_info_read(port, &info), "info");
    printf("port: state %d, offloads %u, mtu %u\n", info.state, info.offloads, info.mtu);
    check(slipway_port_detach(port), "detach");
    check(slipway_engine_stop(engine, 1000), "stop");
    check(slipway_engine_destroy(engine), "destroy");
    return guest.step == TG_DONE && guest.corrupt == 0 && guest.received == 64 << 20 ? 0 : 1;
}
