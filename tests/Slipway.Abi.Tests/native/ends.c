/*
 * ends.c - what is left when something ends or fails: sockets of flows, ports of an engine that
 * could not be made, turns whose callback does not return, calls that come too late.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "expect.h"

enum { FLOWS = 20, HOST_ALIAS = 254 };

static slipway_engine engine;
static slipway_port port;
static uint32_t calls;
static enum { TAKE, REFUSE, BLOCK, START } mode;

static uint32_t output(void *user, slipway_port from, const slipway_frame_out *frames,
                       uint32_t count)
{
    (void)user, (void)frames;
    calls++;
    if (mode == REFUSE) {
        slipway_port_resume(from);
        return 0;
    }
    if (mode == BLOCK)
        sleep(7);
    if (mode == START)
        EXPECT(SLIPWAY_E_REENTRANT, slipway_engine_start(engine));
    mode = TAKE;
    return count;
}

static void make(int is_started)
{
    slipway_engine_options options = {.size = sizeof options};
    slipway_frames_options frames = {.size = sizeof frames, .output = output};
    EXPECT(SLIPWAY_OK, slipway_engine_create(&options, &engine));
    EXPECT(SLIPWAY_OK, slipway_port_attach_frames(engine, &frames, &port));
    if (is_started)
        EXPECT(SLIPWAY_OK, slipway_engine_start(engine));
}

static void dispatch(int turns)
{
    for (int i = 0; i < turns; i++) {
        slipway_dispatch(engine, 4);
        usleep(1000);
    }
}

static const uint8_t arp[42] = {
    255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9,
    192, 168, 127, 9, 0, 0, 0, 0, 0, 0, 192, 168, 127, 1};

static void send_frame(const void *bytes, size_t length)
{
    slipway_iovec piece = {bytes, length};
    slipway_frame_in in = {.pieces = &piece, .piece_count = 1};
    EXPECT(SLIPWAY_OK, slipway_port_input(port, &in, 1, NULL));
}

static void write16(uint8_t *place, uint32_t value)
{
    place[0] = (uint8_t)(value >> 8);
    place[1] = (uint8_t)value;
}

static uint32_t sum(const uint8_t *bytes, int count, uint32_t start)
{
    for (int i = 0; i + 1 < count; i += 2)
        start += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    while (start >> 16)
        start = (start & 0xffff) + (start >> 16);
    return start;
}

/* A SYN, or a datagram of four bytes, to the host's own address as the guest names it. */
static void send_packet(int is_tcp, uint16_t from, uint16_t to)
{
    static const uint8_t head[] = {0x5a, 0x94, 0xef, 0xe4, 0x0c, 0xdd, 2, 0, 0, 0, 0, 9, 8, 0};
    static const uint8_t ends[] = {192, 168, 127, 9, 192, 168, 127, HOST_ALIAS};
    int length = is_tcp ? 20 : 12;
    uint8_t frame[64] = {0};
    uint8_t *ip = frame + sizeof head, *text = ip + 20;
    memcpy(frame, head, sizeof head);
    ip[0] = 0x45;
    ip[3] = (uint8_t)(20 + length);
    ip[8] = 64;
    ip[9] = is_tcp ? 6 : 17;
    memcpy(ip + 12, ends, sizeof ends);
    write16(ip + 10, ~sum(ip, 20, 0));
    write16(text, from);
    write16(text + 2, to);
    if (is_tcp) {
        text[7] = 1;
        text[12] = 0x50;
        text[13] = 2;
        text[14] = 0xff;
    } else {
        text[5] = (uint8_t)length;
    }
    write16(text + (is_tcp ? 16 : 6),
            ~sum(text, length, sum(ends, sizeof ends, (uint32_t)(ip[9] + length))));
    send_frame(frame, sizeof head + 20 + (size_t)length);
}

static int listen_on(uint16_t *number)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT(0, bind(listener, (struct sockaddr *)&address, sizeof address));
    EXPECT(0, listen(listener, 2 * FLOWS));
    getsockname(listener, (struct sockaddr *)&address, &length);
    *number = ntohs(address.sin_port);
    return listener;
}

/* An engine's end closes the sockets of its guests' flows, and connections by RST. */
static void flows(int is_started)
{
    uint16_t number;
    uint8_t byte;
    slipway_stats stats = {.size = sizeof stats};
    int listener = listen_on(&number), before = descriptors();
    make(is_started);
    send_frame(arp, sizeof arp);
    for (uint16_t i = 0; i < FLOWS; i++) {
        send_packet(1, (uint16_t)(1000 + i), number);
        send_packet(0, (uint16_t)(2000 + i), number);
    }
    dispatch(50);
    EXPECT(SLIPWAY_OK, slipway_stats_read(engine, &stats));
    EXPECT(FLOWS, stats.tcp_flows_opened);
    EXPECT(FLOWS, stats.udp_flows_opened);
    int peer = accept(listener, NULL, NULL);
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(engine));
    EXPECT(-1, read(peer, &byte, 1));
    EXPECT(ECONNRESET, errno);
    close(peer);
    EXPECT(1, descriptors() <= before + 1); /* one is the runtime's, at the first time */
    close(listener);
}

/* A configuration that cannot be had leaves nothing open, not even what could be. */
static void creation(void)
{
    char json[64];
    uint16_t number;
    slipway_engine_options options = {.size = sizeof options, .config_json = json};
    int listener = listen_on(&number), before = descriptors();
    snprintf(json, sizeof json, "{\"publish\":[\"0:81\",\"%u:80\"]}", number);
    for (int i = 0; i < 20; i++)
        EXPECT(SLIPWAY_E_IN_USE, slipway_engine_create(&options, &engine));
    EXPECT(before, descriptors());
    close(listener);
}

/* Frames before one that cannot be are looked at; what is misaligned has no effect. */
static void input(void)
{
    slipway_iovec good = {arp, sizeof arp}, bad = {arp, 70000};
    slipway_frame_in in[2] = {{.pieces = &good, .piece_count = 1},
                              {.pieces = &bad, .piece_count = 1}};
    slipway_stats stats = {.size = sizeof stats};
    uint32_t taken = 0, words[2];
    uint32_t *misaligned = (uint32_t *)(void *)((char *)words + 1);
    make(0);
    dispatch(5);
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_input(port, in, 2, &taken));
    EXPECT(1, taken);
    dispatch(2);
    EXPECT(SLIPWAY_OK, slipway_stats_read(engine, &stats));
    EXPECT(1, stats.frames_received);
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_input(port, in, 1, misaligned));
    in[0].pieces = (const slipway_iovec *)(const void *)((const char *)&good + 1);
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_input(port, in, 1, NULL));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_publish(engine, "0:80", misaligned, NULL));
    EXPECT(SLIPWAY_E_NOT_FOUND, slipway_unpublish(engine, 1));
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(engine));
}

static void *take_turns(void *unused)
{
    slipway_dispatch(engine, 4);
    return unused;
}

/* Callbacks that resume and take nothing, start the engine, or do not return. */
static void callbacks(void)
{
    pthread_t thread;
    make(0);
    dispatch(5);
    calls = 0, mode = REFUSE;
    send_frame(arp, sizeof arp);
    EXPECT(1, slipway_dispatch(engine, 5)); /* and it ends */
    EXPECT(1, calls > 0 && calls <= 5);
    mode = START;
    dispatch(2);
    EXPECT(TAKE, mode);
    mode = BLOCK;
    send_frame(arp, sizeof arp);
    pthread_create(&thread, NULL, take_turns, NULL);
    usleep(200000);
    EXPECT(SLIPWAY_E_TIMEOUT, slipway_engine_destroy(engine));
    pthread_join(thread, NULL);
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(engine));
}

/* A thread that waits for the descriptor is told that the deadline may be another. */
static void waiting(void)
{
    int64_t deadline;
    make(0);
    dispatch(5);
    struct pollfd wait = {slipway_engine_fd(engine), POLLIN, 0};
    EXPECT(0, poll(&wait, 1, 0));
    EXPECT(SLIPWAY_OK, slipway_port_set_link(port, 0));
    EXPECT(1, poll(&wait, 1, 0));
    dispatch(2);
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(engine));

    slipway_engine_options options = {.size = sizeof options, .workers = 2};
    EXPECT(SLIPWAY_OK, slipway_engine_create(&options, &engine));
    EXPECT(SLIPWAY_E_UNSUPPORTED, slipway_dispatch(engine, 1));
    EXPECT(SLIPWAY_OK, slipway_engine_start(engine));
    EXPECT(SLIPWAY_OK, slipway_next_deadline_ns(engine, &deadline));
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(engine));
}

static slipway_port plugged;
static int stop;

static void *plug(void *seed)
{
    unsigned random = (unsigned)(uintptr_t)seed;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        slipway_port_set_link(__atomic_load_n(&plugged, __ATOMIC_RELAXED), rand_r(&random) & 1);
    return NULL;
}

/* A plug is put in while the port is being detached: nothing is written to memory that is gone. */
static void plugs(void)
{
    pthread_t threads[4];
    make(1);
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, plug, (void *)(i + 1));
    for (int i = 0; i < 50; i++) {
        slipway_port made;
        slipway_ring_options options = {.size = sizeof options};
        EXPECT(SLIPWAY_OK, slipway_port_attach_ring(engine, &options, &made));
        __atomic_store_n(&plugged, made, __ATOMIC_RELAXED);
        usleep(1000);
        EXPECT(SLIPWAY_OK, slipway_port_detach(made));
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(engine));
}

int main(void)
{
    flows(0);
    flows(1);
    creation();
    input();
    callbacks();
    waiting();
    plugs();
    printf("%d wrong\n", failures);
    return failures != 0;
}
