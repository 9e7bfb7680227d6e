/*
 * slipway-ring.h - the memory of a ring pair, for the process at its other end, which needs nothing
 * else of the library. samples/ring-peer.c is that other end.
 */
#ifndef SLIPWAY_RING_H
#define SLIPWAY_RING_H

#include <stdint.h>

/*
 * The memory of a ring pair, version 1:
 *
 *     0      struct slipway_ring_header
 *     1024   struct slipway_ring_control, of the ring to the engine
 *     2048   struct slipway_ring_control, of the ring to the guest
 *     then   bytes of the two rings, where the header says; sizes are powers of two
 *
 * Tail and head count bytes and only grow; a place in the ring is one of them modulo its size. The
 * producer owns the tail, the consumer the head. A record is aligned to 8 and never wrapped:
 *
 *     u32 length | u32 0 | struct virtio_net_hdr of 12 bytes | Ethernet frame | padding to 8
 *
 * The length counts header and frame. A length of SLIPWAY_RING_SKIP says that the next record is at
 * the ring's start. A producer writes the record, then the tail (release); a consumer reads the
 * tail (acquire), then the record, and gives back its room by the head (release).
 *
 * Who waits for a record writes consumer_waits = 1, fences (seq_cst) and looks at the tail once
 * more; who has moved the tail fences, and if consumer_waits is 1 exchanges it for 0 and writes the
 * other side's doorbell. The same with producer_waits and the head, for who waits for room. A
 * record takes at most half of the ring.
 */
typedef struct slipway_ring_header {
    uint32_t magic;   /* SLIPWAY_RING_MAGIC */
    uint32_t version; /* SLIPWAY_RING_VERSION; another one has another layout */
    uint64_t features;/* virtio-net feature bits: what each side may leave to the other */
    uint64_t to_engine_offset;
    uint64_t to_engine_bytes;
    uint64_t to_guest_offset;
    uint64_t to_guest_bytes;
} slipway_ring_header;

typedef struct slipway_ring_control {
    uint64_t tail;
    uint8_t pad0[120];
    uint64_t head;
    uint8_t pad1[120];
    uint32_t consumer_waits;
    uint8_t pad2[124];
    uint32_t producer_waits;
    uint8_t pad3[124];
} slipway_ring_control;

#define SLIPWAY_RING_MAGIC 0x47524c53u
#define SLIPWAY_RING_VERSION 1u
#define SLIPWAY_RING_TO_ENGINE_CONTROL 1024u
#define SLIPWAY_RING_TO_GUEST_CONTROL 2048u
#define SLIPWAY_RING_SKIP 0xffffffffu

/* struct virtio_net_hdr as it stands before each frame of a ring and of frames by calls: virtio 1.2
 * section 5.1.6. All 0 is a frame of one packet with its checksum. */
typedef struct slipway_net_header {
    uint8_t flags;      /* 1: the checksum is open, see checksum_start */
    uint8_t gso_type;   /* 0, 1: TCP over IPv4, 4: TCP over IPv6, 5: UDP */
    uint16_t header_length;
    uint16_t gso_size;  /* payload bytes of each packet that the frame stands for */
    uint16_t checksum_start;
    uint16_t checksum_offset;
    uint16_t buffers;   /* 1 towards the guest; ignored from it */
} slipway_net_header;

#endif
