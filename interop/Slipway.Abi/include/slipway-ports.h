/*
 * slipway-ports.h - where the guests of an engine come from. Included by slipway.h, whose rules
 * hold here.
 */
#ifndef SLIPWAY_PORTS_H
#define SLIPWAY_PORTS_H

#include "slipway.h"
#include "slipway-ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a guest's side takes over for frames towards it, as a network card would. */
enum slipway_offloads {
    SLIPWAY_OFFLOAD_CHECKSUM = 1, /* checksums of TCP and UDP may be left open */
    SLIPWAY_OFFLOAD_TSO4 = 2,     /* a frame may hold up to 64 KiB of TCP segments over IPv4 */
    SLIPWAY_OFFLOAD_TSO6 = 4,     /* the same over IPv6 */
    SLIPWAY_OFFLOAD_USO = 8       /* a frame may hold many UDP datagrams of one flow */
};

/* Attaches what `slipway run --link` takes: "tap:NAME", "stream:PATH", "dgram:PATH",
 * "seqpacket:PATH", "vpnkit:PATH", "vhost-user:PATH", "vsock:PORT",
 * "fd:N,framing=stream|dgram|seqpacket|vpnkit|connect|tap|vhost-user". A descriptor
 * is the engine's from then on, if this succeeds, and else the caller's. SLIPWAY_E_LINK,
 * SLIPWAY_E_CONFIG. */
SLIPWAY_API int32_t slipway_port_attach(
    slipway_engine engine, const char *link, slipway_port *port);

/* The same with a socket pair, whose far end is the caller's: framing is "stream" (each frame after
 * its length, u32 in network order) or "dgram" (a frame a datagram). It is non-blocking. */
SLIPWAY_API int32_t slipway_port_attach_socketpair(
    slipway_engine engine, const char *framing, slipway_port *port, int32_t *fd);

/* A piece of the guest's memory, mapped in this process until the port is detached. */
typedef struct slipway_memory_region {
    uint64_t guest_address; /* guest-physical */
    uint64_t length;
    void *host_address;
    int32_t fd;     /* the file that it is mapped from, which is only looked at; -1: none */
    uint32_t flags; /* SLIPWAY_MEMORY_TRUSTED */
} slipway_memory_region;

/* The file may shrink, and nobody will do it: touching a page that its file has lost ends the
 * process. Without this flag a region's file must be a memfd with F_SEAL_SHRINK. */
#define SLIPWAY_MEMORY_TRUSTED 1u

/* A split virtqueue (virtio 1.2 section 2.7), at addresses of this process within the regions. */
typedef struct slipway_vring {
    uint32_t queue_size;    /* a power of two up to 32768 */
    uint32_t base;          /* the first chain to take, as an index of the available ring */
    const void *descriptors;/* aligned to 16 */
    void *available;        /* aligned to 2 */
    void *used;             /* aligned to 4 */
    int32_t kick_fd;        /* eventfd that the driver kicks by; -1: slipway_port_kick */
    int32_t call_fd;        /* eventfd that interrupts the driver; -1: it polls */
} slipway_vring;

typedef struct slipway_vring_options {
    uint32_t size;
    uint32_t region_count; /* 1 to 32 */
    const slipway_memory_region *regions;
    slipway_vring receive;  /* towards the guest */
    slipway_vring transmit; /* from the guest */
    uint64_t features;      /* what the driver has acknowledged of slipway_vring_features */
} slipway_vring_options;

/* The virtio-net features that a driver may be offered (virtio 1.2 section 5.1.3 and 6). */
SLIPWAY_API uint64_t slipway_vring_features(void);

/* Serves a pair of the guest's queues. The descriptors are duplicated and left as they are. Both
 * are eventfds: kicks are watched and not read, nobody else reads them or fills their counter, and
 * a call_fd that blocks with a full counter makes the engine wait. The guest is not trusted: a
 * ring whose driver breaks the rules is stopped (slipway_port_info.state), and the VMM detaches and
 * attaches it again when the driver has reset it. SLIPWAY_E_LINK. */
SLIPWAY_API int32_t slipway_port_attach_vring(
    slipway_engine engine, const slipway_vring_options *options, slipway_port *port);

/* The driver of a port with virtqueues may have put something into them. */
SLIPWAY_API int32_t slipway_port_kick(slipway_port port);

typedef struct slipway_ring_options {
    uint32_t size;
    uint32_t ring_bytes; /* of each: a power of two from 256 KiB to 64 MiB; 0: 1 MiB */
    uint32_t offloads;   /* enum slipway_offloads: what the guest's side takes over */
    uint32_t reserved;
    /* Written by slipway_port_attach_ring. All three are the engine's; whoever shares them with
     * another process passes copies (SCM_RIGHTS). */
    int32_t memory_fd;   /* the ring pair's memory, see slipway_ring_header */
    int32_t doorbell_fd; /* eventfd: write it to wake the engine, which never reads it */
    int32_t guest_doorbell_fd; /* readable when the engine wakes the guest's side, which reads it
                                  empty (8 bytes a time, as of an eventfd); at an end when the
                                  port has gone */
    uint32_t reserved2;
} slipway_ring_options;

/* Attaches a guest behind a pair of single-producer, single-consumer rings in a memfd (sealed
 * against shrinking), for another thread or process. Nothing in the memory is believed, and nothing
 * that is done to the doorbells makes the engine wait: it never reads its own, an eventfd, and the
 * guest's is one end of a socket pair. */
SLIPWAY_API int32_t slipway_port_attach_ring(
    slipway_engine engine, slipway_ring_options *options, slipway_port *port);

/* A frame towards the guest. It lives during the callback. */
typedef struct slipway_frame_out {
    const slipway_net_header *header; /* the frame lies right behind it */
    uint32_t length;                  /* of the frame */
    uint32_t reserved;
} slipway_frame_out;

/* Takes frames towards the guest and returns how many of the first it took. With fewer than all,
 * none is offered again before slipway_port_resume: the rest waits in the port, and when that is
 * full TCP waits too and datagrams are dropped and counted. */
typedef uint32_t (*slipway_output_fn)(
    void *user, slipway_port port, const slipway_frame_out *frames, uint32_t count);

typedef struct slipway_frames_options {
    uint32_t size;
    uint32_t offloads;     /* enum slipway_offloads: what the guest's side takes over */
    uint32_t buffer_bytes; /* of each direction, as ring_bytes; 0: 256 KiB */
    uint32_t reserved;
    slipway_output_fn output;
    void *user;
} slipway_frames_options;

/* Attaches a guest whose frames come by slipway_port_input and go by a callback.
 * SLIPWAY_E_UNSUPPORTED if the engine has several workers. */
SLIPWAY_API int32_t slipway_port_attach_frames(
    slipway_engine engine, const slipway_frames_options *options, slipway_port *port);

typedef struct slipway_iovec { /* as struct iovec */
    const void *base;
    size_t length;
} slipway_iovec;

/* A frame from the guest, in pieces. */
typedef struct slipway_frame_in {
    const slipway_net_header *header; /* NULL: one packet with its checksum */
    const slipway_iovec *pieces;
    uint32_t piece_count; /* up to 64 */
    uint32_t reserved;
} slipway_frame_in;

/* Gives the engine frames of the guest, which are copied. `taken`, which may be NULL, is how many
 * of the first were taken: fewer than `count` when there is no room (SLIPWAY_E_AGAIN if that is
 * none): try again after the next turn, nothing was lost. A frame that cannot be (longer than
 * 65,553 bytes) is SLIPWAY_E_INVALID_ARGUMENT, and those before it were taken if `taken` says
 * so. */
SLIPWAY_API int32_t slipway_port_input(
    slipway_port port, const slipway_frame_in *frames, uint32_t count, uint32_t *taken);

/* The output callback can take frames again. While the link is down they wait. */
SLIPWAY_API int32_t slipway_port_resume(slipway_port port);

/* Pulls the plug of a port attached by vring, ring or frames (up = 0), or puts it in again. Its
 * guest's connections wait for it for five minutes, and what its driver sends in its virtqueue;
 * what is sent by a ring or by calls meanwhile is lost, as on a cable. */
SLIPWAY_API int32_t slipway_port_set_link(slipway_port port, int32_t up);

enum slipway_port_state {
    SLIPWAY_PORT_DOWN = 0,
    SLIPWAY_PORT_UP = 1,
    SLIPWAY_PORT_FAULT = 2 /* the guest's side broke the rules of its rings: it is not served */
};

typedef struct slipway_port_info {
    uint32_t size;
    int32_t state;     /* enum slipway_port_state; of a socket's or a TAP's port always up */
    uint32_t offloads; /* what is left to the guest's side; of a socket's port, which may have
                          several guests, 0 */
    uint32_t mtu;
    uint16_t receive_base;  /* of virtqueues: the first chain that is not served yet, where a */
    uint16_t transmit_base; /* device goes on that takes their place; stands still while down */
    uint32_t reserved;
} slipway_port_info;

SLIPWAY_API int32_t slipway_port_info_read(slipway_port port, slipway_port_info *info);

/* Detaches a port: when this returns nothing touches its memory, its descriptors or its callback
 * any more; from within a callback, when that turn has ended. Its handle is given back at once. */
SLIPWAY_API int32_t slipway_port_detach(slipway_port port);

#ifdef __cplusplus
}
#endif

#endif
