/* bulk.c - see bulk.h. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "bulk.h"

enum { GUEST = 0xc0a87f02, HOST = 0xc0a87ffe, FIN = 1, SYN = 2, RST = 4, ACK = 16 };

struct connection {
    const struct transport *t;
    uint16_t guest_port, host_port;
    uint32_t next, unacknowledged, edge; /* SND.NXT, SND.UNA, and where the peer's window ends */
    uint32_t received;                   /* RCV.NXT */
    uint8_t scale;
    int is_open, owes_ack;
    uint64_t bytes;
};

static const uint8_t gateway_mac[6] = {0x5a, 0x94, 0xef, 0xe4, 0x0c, 0xdd};
static const uint8_t guest_mac[6] = {2, 0, 0, 0, 0, 0x77};

double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void check(int32_t status, const char *what)
{
    if (status < 0) {
        fprintf(stderr, "%s: %s: %s\n", what, slipway_status_name(status), slipway_last_error());
        exit(1);
    }
}

/* ---- The server: counts what it gets, or gives what is taken --------------------------------- */

static volatile int server_stops;
static volatile uint64_t server_bytes;

static void *serve(void *argument)
{
    static uint8_t chunk[512 << 10];
    int up = ((int *)argument)[1], client = accept(((int *)argument)[0], NULL, NULL);
    for (;;) {
        ssize_t n = up ? recv(client, chunk, sizeof chunk, 0)
                       : send(client, chunk, sizeof chunk, MSG_NOSIGNAL);
        if (n <= 0 || (!up && server_stops))
            break;
        server_bytes += (uint64_t)n;
    }
    struct linger reset = {1, 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(client);
    return NULL;
}

static uint16_t listen_here(int *listener)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof here;
    *listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(*listener, (struct sockaddr *)&here, length) != 0 || listen(*listener, 1) != 0
        || getsockname(*listener, (struct sockaddr *)&here, &length) != 0) {
        perror("listen");
        exit(1);
    }
    return ntohs(here.sin_port);
}

/* ---- The guest ------------------------------------------------------------------------------- */

static void put16(uint8_t *p, uint32_t v) { p[0] = (uint8_t)(v >> 8), p[1] = (uint8_t)v; }
static void put32(uint8_t *p, uint32_t v) { put16(p, v >> 16), put16(p + 2, v); }
static uint32_t get16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static uint32_t get32(const uint8_t *p) { return get16(p) << 16 | get16(p + 2); }

static uint32_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* Sends a segment with so many bytes of whatever lies in the buffer. 0 when there is no room. */
static int send_segment(struct connection *c, uint8_t flags, uint32_t text)
{
    uint8_t *at = c->t->reserve(c->t->state);
    if (!at)
        return 0;
    slipway_net_header *net = (slipway_net_header *)at;
    uint8_t *f = at + NET_HEADER, *ip = f + 14, *t = f + 34;
    uint32_t options = flags & SYN ? 8 : 0, length = 20 + options + text, sum = 0;
    memset(at, 0, NET_HEADER + HEADERS + options);
    *net = (slipway_net_header){.flags = 1, .checksum_start = 34, .checksum_offset = 16};
    if (text > MSS)
        net->gso_type = 1, net->gso_size = MSS, net->header_length = HEADERS;
    memcpy(f, gateway_mac, 6), memcpy(f + 6, guest_mac, 6), put16(f + 12, 0x0800);
    ip[0] = 0x45, put16(ip + 2, 20 + length), put16(ip + 6, 0x4000), ip[8] = 64, ip[9] = 6;
    put32(ip + 12, GUEST), put32(ip + 16, HOST);
    for (int i = 0; i < 20; i += 2)
        sum += get16(ip + i);
    put16(ip + 10, 0xffff ^ fold(sum));
    put16(t, c->guest_port), put16(t + 2, c->host_port), put32(t + 4, c->next);
    put32(t + 8, flags & ACK ? c->received : 0);
    t[12] = (uint8_t)((20 + options) / 4 << 4), t[13] = flags, put16(t + 14, 65535);
    if (flags & SYN)
        memcpy(t + 20, "\2\4\5\264\1\3\3\12", 8); /* MSS 1460, window scale 10 */
    put16(t + 16, fold((GUEST >> 16) + (GUEST & 0xffff) + (HOST >> 16) + (HOST & 0xffff) + 6
                       + length));
    c->t->commit(c->t->state, NET_HEADER + 34 + length);
    c->next += text + (flags & (SYN | FIN) ? 1 : 0);
    c->owes_ack = 0;
    return 1;
}

static void answer_arp(struct connection *c, const uint8_t *asked)
{
    uint8_t *at = c->t->reserve(c->t->state), *f = at + NET_HEADER;
    if (!at || get16(asked + 20) != 1 || get32(asked + 38) != GUEST)
        return;
    memset(at, 0, NET_HEADER + 42);
    memcpy(f, asked + 6, 6), memcpy(f + 6, guest_mac, 6), put16(f + 12, 0x0806);
    memcpy(f + 14, "\0\1\10\0\6\4\0\2", 8), memcpy(f + 22, guest_mac, 6), put32(f + 28, GUEST);
    memcpy(f + 32, asked + 22, 10);
    c->t->commit(c->t->state, NET_HEADER + 42);
}

static void take(struct connection *c, const uint8_t *f)
{
    const uint8_t *t = f + 34;
    if (get16(f + 12) == 0x0806) {
        answer_arp(c, f);
        return;
    }
    if (get16(f + 12) != 0x0800 || f[23] != 6 || get16(t + 2) != c->guest_port)
        return;
    uint32_t header = (uint32_t)(t[12] >> 4) * 4, text = get16(f + 16) - 20 - header;
    if (t[13] & SYN) {
        c->received = get32(t + 4) + 1;
        for (const uint8_t *o = t + 20; o < t + header && *o; o += *o == 1 ? 1 : o[1])
            if (*o == 3)
                c->scale = o[2];
        c->is_open = c->owes_ack = 1;
    } else if (text > 0 && get32(t + 4) == c->received) {
        c->received += text;
        c->bytes += text;
        c->owes_ack = 1;
    }
    c->unacknowledged = get32(t + 8);
    c->edge = c->unacknowledged + (get16(t + 14) << (t[13] & SYN ? 0 : c->scale));
}

/* One round: all that has come, then all that may go. */
static void turn(struct connection *c, int up)
{
    const uint8_t *at;
    uint32_t sent = 0;
    while (c->t->receive(c->t->state, &at) > 0) {
        take(c, at + NET_HEADER);
        c->t->done(c->t->state);
    }
    if (c->is_open && up)
        while ((int32_t)(c->edge - c->next - (SEGMENT - HEADERS)) >= 0 && sent < (1 << 20)
               && send_segment(c, ACK, SEGMENT - HEADERS))
            sent += SEGMENT;
    if (c->owes_ack)
        send_segment(c, ACK, 0);
    c->t->flush(c->t->state);
    if (sent == 0)
        c->t->wait(c->t->state);
}

double bulk_run(const struct transport *transport, int up, double seconds)
{
    static uint16_t last_port = 40000;
    struct connection c = {.t = transport, .guest_port = ++last_port, .next = 1};
    int arguments[2] = {0, up};
    pthread_t server;
    c.host_port = listen_here(&arguments[0]);
    server_stops = 0, server_bytes = 0;
    pthread_create(&server, NULL, serve, arguments);
    send_segment(&c, SYN, 0);
    transport->flush(transport->state);
    double end = now() + 5;
    while (!c.is_open && now() < end)
        turn(&c, 0);
    if (!c.is_open) {
        fprintf(stderr, "%s: no connection\n", transport->name);
        exit(1);
    }
    for (end = now() + 0.3; now() < end;)
        turn(&c, up);
    uint64_t before = up ? server_bytes : c.bytes;
    double begin = now();
    for (end = begin + seconds; now() < end;)
        turn(&c, up);
    double rate = (double)((up ? server_bytes : c.bytes) - before) * 8 / (now() - begin) / 1e9;

    /* Both ends go; what is still on its way is taken and forgotten. */
    server_stops = 1;
    send_segment(&c, RST | ACK, 0);
    transport->flush(transport->state);
    for (end = now() + 0.2; now() < end;)
        turn(&c, 0);
    pthread_join(server, NULL);
    close(arguments[0]);
    return rate;
}
