/*
 * slipway.h - the user-mode network of a virtual machine, for the program that runs the machine.
 *
 * Ethernet frames of a guest go in, the host's own sockets carry the traffic out: DHCP, ARP,
 * neighbor discovery, IP, TCP, UDP, ICMP and DNS are answered here, and no privilege is needed.
 * C11; C++ too. Link with libslipway.so or libslipway.a (pkg-config slipway).
 *
 *     slipway_engine engine;
 *     slipway_engine_options options = { .size = sizeof options };
 *     slipway_engine_create(&options, &engine);
 *     slipway_port port;
 *     slipway_port_attach(engine, "vhost-user:/run/vm.sock", &port);
 *     slipway_engine_start(engine);
 *     ...
 *     slipway_engine_destroy(engine);
 *
 * RULES THAT HOLD FOR ALL FUNCTIONS
 *
 * Status    What returns int32_t returns SLIPWAY_OK or more, or a negative code of enum
 *           slipway_status. slipway_last_error() then says in a sentence what is wrong and what to
 *           do about it. Codes never change their meaning; a later version may have more.
 * Threads   Every function may be called from every thread at any time, also two on one handle.
 *           Functions that ask something of an engine wait for the end of its turn, which takes
 *           well under a millisecond and never waits for a guest or a network.
 * Callbacks Run on the thread that takes the engine's turns, the log's on any. From within one,
 *           slipway_port_input, slipway_port_resume, slipway_port_kick, slipway_port_detach (which
 *           takes effect at the turn's end), slipway_stats_read, the lists, the DNS functions and
 *           all that touch no engine may be called; all others return SLIPWAY_E_REENTRANT. Do not
 *           throw or longjmp out of a callback.
 * Handles   Numbers. One that was destroyed, or never given, is SLIPWAY_E_BAD_HANDLE. 0 is none.
 * Structs   Begin with their size in bytes: set it to sizeof. A shorter one (an older caller) is
 *           taken as if the rest were 0; a longer one too if the rest is 0, else it is
 *           SLIPWAY_E_STRUCT_SIZE and the message names the offset. Of those that are written the
 *           caller sets the size as well; what the library does not know is set to 0.
 * Memory    What is passed in is the caller's and is copied before the call returns, unless said.
 *           Strings are UTF-8 and end with 0. Returned strings live as long as is said.
 * Pointers  NULL where something is needed, or one that is not aligned for its type, is
 *           SLIPWAY_E_INVALID_ARGUMENT. No exception crosses the boundary.
 *
 * WHAT THE LIBRARY DOES TO ITS PROCESS
 *
 * It is compiled C# with its runtime inside. It begins to live with the first call:
 * - Handlers for SIGSEGV and SIGFPE are installed, which pass on what is not theirs to those that
 *   were there before; one real-time signal is used between the runtime's own threads. A program
 *   that installs its own handlers for these later must pass on what is not its own. SIGPIPE is
 *   left as the program has it: no send of the library raises it.
 * - A few threads are made: the garbage collector's, the engine's (named "slipway"; none where the
 *   caller dispatches) and, while names are asked of others, some for that.
 * - fork() is allowed only if the child calls exec or _exit; every descriptor is close-on-exec.
 * - dlclose() leaves it resident. So does unloading a plugin that was linked with it.
 * - A seccomp filter must allow the system calls that slipway_syscalls() lists.
 */
#ifndef SLIPWAY_H
#define SLIPWAY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SLIPWAY_API __attribute__((visibility("default")))
#else
#define SLIPWAY_API
#endif

/* Grows with each function or field that is added; nothing is ever taken away. */
#define SLIPWAY_ABI_VERSION 1u

typedef uint64_t slipway_engine;  /* a network with its guests */
typedef uint64_t slipway_port;    /* where guests of an engine come from */
typedef uint64_t slipway_capture; /* a capture that runs */

enum slipway_status {
    SLIPWAY_OK = 0,
    SLIPWAY_E_INVALID_ARGUMENT = -1, /* NULL, misaligned, or a value that cannot be */
    SLIPWAY_E_STRUCT_SIZE = -2,      /* a struct has fields that this library does not know */
    SLIPWAY_E_BAD_HANDLE = -3,       /* destroyed, of another kind, or never given */
    SLIPWAY_E_STATE = -4,            /* not in this state: started already, not started */
    SLIPWAY_E_CONFIG = -5,           /* a setting cannot be used; the message names it */
    SLIPWAY_E_AGAIN = -6,            /* no room now; nothing was lost */
    SLIPWAY_E_IN_USE = -7,           /* a port, an address or a name is taken */
    SLIPWAY_E_NO_RESOURCES = -8,     /* out of descriptors, memory or handles */
    SLIPWAY_E_NOT_FOUND = -9,        /* there is no such port, record or counter */
    SLIPWAY_E_TIMEOUT = -10,         /* it has not ended in time, and goes on */
    SLIPWAY_E_REENTRANT = -11,       /* it would wait for the callback that called it */
    SLIPWAY_E_UNSUPPORTED = -12,     /* this library, or this kernel, cannot do it */
    SLIPWAY_E_LINK = -13,            /* a link cannot be opened; the message says why */
    SLIPWAY_E_INTERNAL = -14         /* a mistake in the library; please report it */
};

enum slipway_log_level {
    SLIPWAY_LOG_DEBUG = 0,
    SLIPWAY_LOG_INFORMATION = 1,
    SLIPWAY_LOG_WARNING = 2,
    SLIPWAY_LOG_ERROR = 3
};

/* What a guest's side takes over for frames towards it, as a network card would. */
enum slipway_offloads {
    SLIPWAY_OFFLOAD_CHECKSUM = 1, /* checksums of TCP and UDP may be left open */
    SLIPWAY_OFFLOAD_TSO4 = 2,     /* a frame may hold up to 64 KiB of TCP segments over IPv4 */
    SLIPWAY_OFFLOAD_TSO6 = 4,     /* the same over IPv6 */
    SLIPWAY_OFFLOAD_USO = 8       /* a frame may hold many UDP datagrams of one flow */
};

/* ---- The library ----------------------------------------------------------------------------- */

/* SLIPWAY_ABI_VERSION of the library that runs; a caller needs at least that of its header. */
SLIPWAY_API uint32_t slipway_abi_version(void);

/* The version in words, "0.1.0"; lives as long as the process. */
SLIPWAY_API const char *slipway_version(void);

/* 1 if the library has a feature of this name, else 0. "vring", "ring", "frames", "vhost-user",
 * "tap", "stream", "dgram", "ipv6", "dns", "dhcp", "publish", "capture". */
SLIPWAY_API int32_t slipway_has_feature(const char *name);

/* "SLIPWAY_E_AGAIN" for its number, "SLIPWAY_OK" for 0 and more, and "unknown"; lives as long as
 * the process. */
SLIPWAY_API const char *slipway_status_name(int32_t status);

/* What the last call of this thread that failed has to say; "" if none has. Lives until the next
 * call of this thread that fails, and not longer than the thread. */
SLIPWAY_API const char *slipway_last_error(void);

/* Names of the system calls that the library makes once it lives, for a seccomp filter, with
 * spaces between them; lives as long as the process. */
SLIPWAY_API const char *slipway_syscalls(void);

/* ---- Engines --------------------------------------------------------------------------------- */

/* Takes a message; from any thread. The text lives during the call. */
typedef void (*slipway_log_fn)(void *user, int32_t level, const char *message);

/* The time in nanoseconds, which never goes back; from the thread that takes turns. */
typedef int64_t (*slipway_clock_fn)(void *user);

typedef struct slipway_engine_options {
    uint32_t size;
    uint32_t mtu;            /* largest IP packet towards guests, 576 to 65520; 0: 1500 */
    const char *config_json; /* the configuration of `slipway run`, links included; NULL: "{}" */
    const char *subnet;      /* "192.168.127.0/24"; NULL: that, or the configuration's */
    uint32_t workers;        /* threads that share the flows, 1 to 16; 0: 1 */
    int32_t log_level;       /* messages below this are not made; 0: all of them */
    slipway_log_fn log;      /* NULL: nothing is said */
    void *log_user;
    slipway_clock_fn clock;  /* NULL: CLOCK_MONOTONIC. Only with slipway_dispatch */
    void *clock_user;
    const uint8_t *seed;     /* 16 bytes: hashes, sequence numbers and identifiers come from it.
                                NULL takes the machine's randomness, which is what keeps guests
                                from guessing them */
} slipway_engine_options;

/* Makes an engine and opens what the configuration names. Nothing moves before it is started or
 * dispatched. SLIPWAY_E_CONFIG, SLIPWAY_E_NO_RESOURCES. */
SLIPWAY_API int32_t slipway_engine_create(
    const slipway_engine_options *options, slipway_engine *engine);

/* Runs the engine on a thread of its own. SLIPWAY_E_STATE if it runs, was stopped, or has a clock
 * of the caller's. */
SLIPWAY_API int32_t slipway_engine_start(slipway_engine engine);

/* Ends that thread at the end of its turn. SLIPWAY_E_TIMEOUT if it has not ended by then (a
 * callback does not return); it ends all the same. Waits for ever if negative. */
SLIPWAY_API int32_t slipway_engine_stop(slipway_engine engine, int32_t timeout_ms);

/* Stops it, closes its ports, and gives back its handle and theirs. A TCP connection of a guest
 * ends with RST towards the host's peer. SLIPWAY_E_TIMEOUT if a callback holds its thread for
 * longer than five seconds; the engine is then left as it is. */
SLIPWAY_API int32_t slipway_engine_destroy(slipway_engine engine);

/* For callers with a loop of their own: a descriptor that is readable (poll, epoll, select) when
 * slipway_dispatch has something to do. It stays the engine's. */
SLIPWAY_API int32_t slipway_engine_fd(slipway_engine engine);

/* When slipway_dispatch is due if the descriptor stays silent: nanoseconds from now, 0 for at once,
 * -1 for never. */
SLIPWAY_API int32_t slipway_next_deadline_ns(slipway_engine engine, int64_t *nanoseconds);

/* Takes up to `budget` turns of the engine on this thread, and never waits. A turn takes at most 64
 * frames of a port. 1 if there may be more to do, else 0. SLIPWAY_E_STATE if the engine was
 * started, SLIPWAY_E_IN_USE if another thread dispatches. */
SLIPWAY_API int32_t slipway_dispatch(slipway_engine engine, uint32_t budget);

/* ---- Ports ----------------------------------------------------------------------------------- */

/* Attaches what `slipway run --link` takes: "tap:NAME", "stream:PATH", "dgram:PATH",
 * "vhost-user:PATH", "fd:N,framing=stream|dgram|tap|vhost-user". A descriptor is the engine's from
 * then on, if this succeeds. SLIPWAY_E_LINK, SLIPWAY_E_CONFIG. */
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

/* Serves a pair of the guest's queues. The descriptors are duplicated. The guest is not trusted: a
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
    int32_t doorbell_fd; /* eventfd: write it to wake the engine */
    int32_t guest_doorbell_fd; /* eventfd: the engine writes it to wake the guest's side */
    uint32_t reserved2;
} slipway_ring_options;

/* Attaches a guest behind a pair of single-producer, single-consumer rings in a memfd (sealed
 * against shrinking), for another thread or process. */
SLIPWAY_API int32_t slipway_port_attach_ring(
    slipway_engine engine, slipway_ring_options *options, slipway_port *port);

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

/* Attaches a guest whose frames come by slipway_port_input and go by a callback. */
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

/* Gives the engine frames of the guest, which are copied. Returns how many of the first were taken;
 * fewer than `count` when there is no room (SLIPWAY_E_AGAIN if that is none): try again after the
 * next turn, nothing was lost. A frame that cannot be (longer than 65,553 bytes) is
 * SLIPWAY_E_INVALID_ARGUMENT, and those before it were taken if `taken` says so. */
SLIPWAY_API int32_t slipway_port_input(
    slipway_port port, const slipway_frame_in *frames, uint32_t count, uint32_t *taken);

/* The output callback can take frames again. */
SLIPWAY_API int32_t slipway_port_resume(slipway_port port);

/* Pulls the plug of a port attached by vring, ring or frames (up = 0), or puts it in again. Its
 * guest's connections wait for it for five minutes. */
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
} slipway_port_info;

SLIPWAY_API int32_t slipway_port_info_read(slipway_port port, slipway_port_info *info);

/* Detaches a port: when this returns nothing touches its memory, its descriptors or its callback
 * any more; from within a callback, when that turn has ended. Its handle is given back at once. */
SLIPWAY_API int32_t slipway_port_detach(slipway_port port);

/* ---- Published ports, names ------------------------------------------------------------------ */

/* Opens a port of the host that leads to a guest's: "8080:80", "127.0.0.1:5353:53/udp",
 * "0.0.0.0:0:192.168.127.2:22", "[::1]:80:[fd5a:94ef:e40c::2]:80". The host's address is 127.0.0.1
 * unless named, the guest's the first guest's. `id` names it for slipway_unpublish; `host_port` is
 * the real port, also where 0 was asked for. Either may be NULL. SLIPWAY_E_CONFIG, and
 * SLIPWAY_E_IN_USE with the port and what to do. */
SLIPWAY_API int32_t slipway_publish(
    slipway_engine engine, const char *publication, uint32_t *id, uint16_t *host_port);

/* Closes it; its connections go on. SLIPWAY_E_NOT_FOUND. */
SLIPWAY_API int32_t slipway_unpublish(slipway_engine engine, uint32_t id);

/* Adds a name to the engine's DNS server, or changes the addresses of one that was added: IPv4 and
 * IPv6, with commas between them. SLIPWAY_E_IN_USE for a name that is built in or configured. */
SLIPWAY_API int32_t slipway_dns_set(
    slipway_engine engine, const char *name, const char *addresses);

/* SLIPWAY_E_NOT_FOUND for a name that was not added. */
SLIPWAY_API int32_t slipway_dns_remove(slipway_engine engine, const char *name);

/* ---- What goes on ---------------------------------------------------------------------------- */

typedef struct slipway_stats {
    uint32_t size;
    uint32_t reserved;
    uint64_t frames_received; /* from guests; frames of segments count as one */
    uint64_t bytes_received;
    uint64_t frames_sent;
    uint64_t bytes_sent;
    uint64_t frames_dropped;  /* for any reason; slipway_counter_read tells them apart */
    uint64_t frames_malformed;
    uint64_t tcp_flows_opened;
    uint64_t tcp_connects_failed;
    uint64_t tcp_segments_retransmitted;
    uint64_t udp_flows_opened;
    uint64_t udp_flows_evicted;
    uint64_t echo_flows_opened;
} slipway_stats;

/* Since the engine was made. */
SLIPWAY_API int32_t slipway_stats_read(slipway_engine engine, slipway_stats *stats);

/* The name of a reason to drop a frame, by its number from 0 on; NULL behind the last. Lives as
 * long as the process. Numbers may differ in another version, names do not change. */
SLIPWAY_API const char *slipway_counter_name(uint32_t index);

SLIPWAY_API int32_t slipway_counter_read(
    slipway_engine engine, uint32_t index, uint64_t *count);

/* IPv6 addresses, or IPv4 ones mapped into IPv6 (::ffff:0:0/96), in network order. */
typedef struct slipway_address {
    uint8_t bytes[16];
} slipway_address;

typedef struct slipway_flow {
    slipway_address guest;
    slipway_address remote; /* as the guest names it */
    uint16_t guest_port;
    uint16_t remote_port;
    uint8_t protocol;       /* 6: TCP, 17: UDP */
    uint8_t tcp_state;      /* enum slipway_tcp_state */
    uint8_t reserved[2];
} slipway_flow;

enum slipway_tcp_state {
    SLIPWAY_TCP_NONE = 0,     /* not TCP */
    SLIPWAY_TCP_OPENING = 1,  /* a handshake is not finished on either side */
    SLIPWAY_TCP_OPEN = 2,
    SLIPWAY_TCP_CLOSING = 3   /* a FIN has passed */
};

typedef struct slipway_lease {
    slipway_address address;
    uint8_t mac[6];         /* of DHCPv6, where the client did not tell: 0 */
    uint8_t reserved[2];
    int64_t expires;        /* seconds since 1970 */
    char name[64];          /* the guest's own, one label; "" if it has none */
} slipway_lease;

/* Lists of flows and of leases. `element_size` is sizeof the struct as the caller knows it; up to
 * `capacity` are written, and `count` is how many there are, which may be more. `list` may be NULL
 * with a capacity of 0. */
SLIPWAY_API int32_t slipway_flows_list(
    slipway_engine engine, slipway_flow *list, size_t element_size, uint32_t capacity,
    uint32_t *count);

SLIPWAY_API int32_t slipway_leases_list(
    slipway_engine engine, slipway_lease *list, size_t element_size, uint32_t capacity,
    uint32_t *count);

/* Writes all frames of all guests as pcapng to a descriptor, which is duplicated: a file, a pipe or
 * a socket. `snap_length` bytes of each at most, 0 for all. A reader that is too slow loses frames,
 * which are counted in the file; one that has gone ends the capture. */
SLIPWAY_API int32_t slipway_capture_start(
    slipway_engine engine, int32_t fd, uint32_t snap_length, slipway_capture *capture);

SLIPWAY_API int32_t slipway_capture_stop(slipway_capture capture);

#ifdef __cplusplus
}
#endif

#endif
