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
 *           well under a millisecond and never waits for a guest or a network. Destroying, and
 *           stopping a capture, wait up to two seconds for a capture's reader.
 * Callbacks Run on the thread that takes the engine's turns, the log's on any. From within one,
 *           slipway_port_input, slipway_port_resume, slipway_port_kick, slipway_port_detach (which
 *           takes effect at the turn's end), slipway_port_info_read, slipway_stats_read,
 *           slipway_counter_read, slipway_engine_fd, the lists, the DNS functions and all that
 *           touch no engine may be called; all others return SLIPWAY_E_REENTRANT. Do not throw or
 *           longjmp out of a callback. Two engines with threads of their own whose
 *           callbacks ask things of each other may wait for each other for ever.
 * Handles   Numbers. One that was destroyed, or never given, is SLIPWAY_E_BAD_HANDLE. 0 is none.
 * Structs   Begin with their size in bytes: set it to sizeof. A shorter one (an older caller) is
 *           taken as if the rest were 0; a longer one of up to 4096 bytes too if the rest is 0,
 *           else it is SLIPWAY_E_STRUCT_SIZE and the message names the offset. Of those that are
 *           written the caller sets the size as well; what the library does not know is set to 0.
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
 *   caller dispatches; one more for each further worker), a capture's, and, while names are asked
 *   of others or a lease file is written, some for that. /dev/urandom stays open.
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

/* ---- The library ----------------------------------------------------------------------------- */

/* SLIPWAY_ABI_VERSION of the library that runs; a caller needs at least that of its header. */
SLIPWAY_API uint32_t slipway_abi_version(void);

/* The version in words, "0.1.0"; lives as long as the process. */
SLIPWAY_API const char *slipway_version(void);

/* 1 if the library has a feature of this name, else 0. "vring", "ring", "frames", "vhost-user",
 * "tap", "stream", "dgram", "ipv6", "dns", "dhcp", "publish", "capture", "services", "proxy". */
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

/* The time in nanoseconds, which never goes back; from the thread that takes turns, or that asks
 * something of the engine. */
typedef int64_t (*slipway_clock_fn)(void *user);

typedef struct slipway_engine_options {
    uint32_t size;
    uint32_t mtu;            /* largest IP packet towards guests, 576 to 65520; 0: 1500 */
    const char *config_json; /* the configuration of `slipway run`, links included; NULL: "{}" */
    const char *subnet;      /* "192.168.127.0/24"; NULL: that, or the configuration's */
    uint32_t workers;        /* threads that share the flows, 1 to 16; 0: 1. More than one only
                                with slipway_engine_start */
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

/* Stops it, closes its ports, and gives back its handle and theirs; no callback runs any more when
 * it returns. A TCP connection of a guest ends with RST towards the host's peer. SLIPWAY_E_TIMEOUT
 * if a callback does not return for five seconds; the engine is then stopped, and can be destroyed
 * later. */
SLIPWAY_API int32_t slipway_engine_destroy(slipway_engine engine);

/* For callers with a loop of their own: a descriptor that is readable (poll, epoll, select) when
 * slipway_dispatch has something to do. It stays the engine's. */
SLIPWAY_API int32_t slipway_engine_fd(slipway_engine engine);

/* When slipway_dispatch is due if the descriptor stays silent: nanoseconds from now, 0 for at once,
 * -1 for never, as also where the engine has a thread of its own. */
SLIPWAY_API int32_t slipway_next_deadline_ns(slipway_engine engine, int64_t *nanoseconds);

/* Takes up to `budget` turns of the engine on this thread, and never waits. A turn takes at most 64
 * frames of a port. 1 if there may be more to do, else 0. SLIPWAY_E_STATE if the engine was
 * started, SLIPWAY_E_IN_USE if another thread dispatches, SLIPWAY_E_UNSUPPORTED if it has several
 * workers. */
SLIPWAY_API int32_t slipway_dispatch(slipway_engine engine, uint32_t budget);

/* ---- Published ports, names ------------------------------------------------------------------ */

/* Opens a port of the host that leads to a guest's: "8080:80", "127.0.0.1:5353:53/udp",
 * "0.0.0.0:0:192.168.127.2:22", "[::1]:80:[fd5a:94ef:e40c::2]:80", "8000-8010:80-90" for all of
 * a range or none, "8080:web:80" for who has the lease of that name, "unix:/run/web.sock:80" for a
 * Unix stream socket. The host's address is 127.0.0.1 unless named, the guest's the first guest's.
 * `id` names it for slipway_unpublish; `host_port` is the real port, also where 0 was asked for, of
 * a range the first, and 0 of a Unix socket. Either may be NULL. SLIPWAY_E_CONFIG, and
 * SLIPWAY_E_IN_USE with the port and what to do. */
SLIPWAY_API int32_t slipway_publish(
    slipway_engine engine, const char *publication, uint32_t *id, uint16_t *host_port);

/* Closes it; its connections go on. SLIPWAY_E_NOT_FOUND. */
SLIPWAY_API int32_t slipway_unpublish(slipway_engine engine, uint32_t id);

/* Adds a name to the engine's DNS server, or changes the addresses of one that was added: IPv4 and
 * IPv6, with commas between them. SLIPWAY_E_IN_USE for a name that is built in, configured or a
 * service's. */
SLIPWAY_API int32_t slipway_dns_set(
    slipway_engine engine, const char *name, const char *addresses);

/* SLIPWAY_E_NOT_FOUND for a name that was not added. */
SLIPWAY_API int32_t slipway_dns_remove(slipway_engine engine, const char *name);

/* ---- Services -------------------------------------------------------------------------------- */

/* Lets the host answer guests at an address, by a name, or in place of others: one of "services" or
 * "intercept" of the configuration, in JSON:
 *
 *     {"name": "registry.internal", "port": 5000, "target": "unix:/run/registry.sock"}
 *     {"address": "192.168.127.250", "port": 53, "target": "udp:127.0.0.1:5353"}
 *     {"address": "gateway", "port": 8080, "target": "tcp:db.example:80"}
 *     {"destination": "10.1.0.0/16", "ports": "80-90", "target": "tcp:127.0.0.1:8080"}
 *
 * `id` names it for slipway_service_remove; `address` is the one that it has, also where it was
 * chosen here: 16 bytes as in slipway_address. Either may be NULL. SLIPWAY_E_CONFIG, and
 * SLIPWAY_E_IN_USE for a port, an address or a name that somebody has. */
SLIPWAY_API int32_t slipway_service_add(
    slipway_engine engine, const char *json, uint32_t *id, uint8_t *address);

/* Guests find it no more; open connections go on, and until they have ended no guest gets its
 * address. SLIPWAY_E_NOT_FOUND. */
SLIPWAY_API int32_t slipway_service_remove(slipway_engine engine, uint32_t id);

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

typedef struct slipway_service {
    uint32_t id;
    uint8_t protocol;        /* 6: TCP, 17: UDP */
    uint8_t is_virtual;      /* 1: the address is the service's alone */
    uint16_t prefix_bits;    /* 32, or 128 of IPv6, for a single address */
    slipway_address address; /* of a port of the gateway the IPv4 one */
    uint16_t first_port;
    uint16_t last_port;
    uint32_t reserved;
    char name[256];          /* "" if it has none */
    char target[272];        /* "unix:/run/registry.sock" */
} slipway_service;

/* Lists of flows, leases and services. `element_size` is sizeof the struct as the caller knows it;
 * up to `capacity` are written, and `count` is how many there are, which may be more. `list` may be
 * NULL with a capacity of 0. */
SLIPWAY_API int32_t slipway_flows_list(
    slipway_engine engine, slipway_flow *list, size_t element_size, uint32_t capacity,
    uint32_t *count);

SLIPWAY_API int32_t slipway_leases_list(
    slipway_engine engine, slipway_lease *list, size_t element_size, uint32_t capacity,
    uint32_t *count);

SLIPWAY_API int32_t slipway_services_list(
    slipway_engine engine, slipway_service *list, size_t element_size, uint32_t capacity,
    uint32_t *count);

/* Writes all frames of all guests as pcapng to a descriptor, which is duplicated: a file, a pipe or
 * a socket. `snap_length` bytes of each at most, 0 for all. A reader that is too slow loses frames,
 * which are counted in the file; one that has gone ends the capture. SLIPWAY_E_IN_USE if another
 * capture runs. */
SLIPWAY_API int32_t slipway_capture_start(
    slipway_engine engine, int32_t fd, uint32_t snap_length, slipway_capture *capture);

SLIPWAY_API int32_t slipway_capture_stop(slipway_capture capture);

#ifdef __cplusplus
}
#endif

#include "slipway-ports.h"

#endif
