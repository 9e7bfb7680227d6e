/*
 * tiny-guest.h - a guest's network stack for the samples: no kernel, no threads, one connection.
 *
 * It does what a machine does that has just booted: asks for an address by DHCP, for its gateway's
 * MAC by ARP, for a name by DNS, pings the gateway, and downloads over TCP. Give it the frames that
 * come (tg_input), the time (tg_tick), and a function to send with. It believes what it is told:
 * a sample, not a TCP for use.
 */
#ifndef TINY_GUEST_H
#define TINY_GUEST_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum tg_step { TG_DISCOVER, TG_REQUEST, TG_ARP, TG_DNS, TG_PING, TG_CONNECT, TG_DOWNLOAD, TG_DONE };

struct tg {
    void (*send)(void *user, const uint8_t *frame, uint32_t length);
    void *user;
    uint8_t mac[6], gateway_mac[6];
    uint32_t address, gateway, dns, host; /* in host order */
    uint16_t port;                        /* of the server, on the host's loopback */
    enum tg_step step;
    int64_t asked_ns;                     /* when the last question was sent */
    uint32_t next, acknowledged;          /* SND.NXT and RCV.NXT */
    uint64_t received, corrupt;           /* bytes of the download */
};

/* What byte the download has at a place. */
static inline int64_t tg_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline uint8_t tg_pattern(uint64_t place) { return (uint8_t)(place * 31 + (place >> 8)); }

static inline void tg_put16(uint8_t *p, uint32_t v) { p[0] = (uint8_t)(v >> 8); p[1] = (uint8_t)v; }
static inline void tg_put32(uint8_t *p, uint32_t v) { tg_put16(p, v >> 16); tg_put16(p + 2, v); }
static inline uint32_t tg_get16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static inline uint32_t tg_get32(const uint8_t *p) { return tg_get16(p) << 16 | tg_get16(p + 2); }

static uint32_t tg_sum(const uint8_t *p, uint32_t length, uint32_t sum)
{
    for (uint32_t i = 0; i + 1 < length; i += 2)
        sum += tg_get16(p + i);
    if (length & 1)
        sum += (uint32_t)p[length - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* Sends what lies at frame + 34 as an IPv4 packet. `check` is where in it the checksum is. */
static void tg_send_ip(struct tg *g, uint8_t *frame, uint8_t protocol, uint32_t source,
                       uint32_t destination, uint32_t length, uint32_t check)
{
    static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
    uint8_t *ip = frame + 14, *body = frame + 34;
    uint8_t pseudo[12] = {0};
    memcpy(frame, destination == 0xffffffff ? all : g->gateway_mac, 6);
    memcpy(frame + 6, g->mac, 6);
    tg_put16(frame + 12, 0x0800);
    memset(ip, 0, 20);
    ip[0] = 0x45;
    tg_put16(ip + 2, 20 + length);
    tg_put16(ip + 6, 0x4000); /* do not fragment */
    ip[8] = 64;
    ip[9] = protocol;
    tg_put32(ip + 12, source);
    tg_put32(ip + 16, destination);
    tg_put16(ip + 10, 0xffff ^ tg_sum(ip, 20, 0));
    tg_put32(pseudo, source);
    tg_put32(pseudo + 4, destination);
    pseudo[9] = protocol;
    tg_put16(pseudo + 10, length);
    tg_put16(body + check, 0);
    tg_put16(body + check,
             0xffff ^ tg_sum(body, length, protocol == 1 ? 0 : tg_sum(pseudo, 12, 0)));
    g->send(g->user, frame, 34 + length);
}

static void tg_send_udp(struct tg *g, uint8_t *frame, uint16_t from, uint32_t destination,
                        uint16_t to, uint32_t length)
{
    tg_put16(frame + 34, from);
    tg_put16(frame + 36, to);
    tg_put16(frame + 38, 8 + length);
    tg_send_ip(g, frame, 17, g->address, destination, 8 + length, 6);
}

/* RFC 2131: discover and request; the offered address goes into option 50. */
static void tg_send_dhcp(struct tg *g, uint8_t type, uint32_t offered)
{
    uint8_t frame[400] = {0}, *m = frame + 42;
    m[0] = 1, m[1] = 1, m[2] = 6;
    tg_put32(m + 4, 0x736c6970);
    memcpy(m + 28, g->mac, 6);
    tg_put32(m + 236, 0x63825363);
    uint8_t *o = m + 240;
    *o++ = 53, *o++ = 1, *o++ = type;
    *o++ = 55, *o++ = 3, *o++ = 1, *o++ = 3, *o++ = 6;
    *o++ = 12, *o++ = 4, memcpy(o, "tiny", 4), o += 4;
    if (offered != 0) {
        *o++ = 50, *o++ = 4, tg_put32(o, offered), o += 4;
        *o++ = 54, *o++ = 4, tg_put32(o, g->gateway), o += 4;
    }
    *o++ = 255;
    uint32_t address = g->address;
    g->address = 0;
    tg_send_udp(g, frame, 68, 0xffffffff, 67, (uint32_t)(o - m));
    g->address = address;
}

static void tg_send_arp(struct tg *g, uint16_t operation, const uint8_t *to, uint32_t target)
{
    uint8_t frame[42] = {0}, *a = frame + 14;
    memset(frame, 255, 6);
    if (to)
        memcpy(frame, to, 6), memcpy(a + 18, to, 6);
    memcpy(frame + 6, g->mac, 6);
    tg_put16(frame + 12, 0x0806);
    tg_put16(a, 1), tg_put16(a + 2, 0x0800), a[4] = 6, a[5] = 4, tg_put16(a + 6, operation);
    memcpy(a + 8, g->mac, 6);
    tg_put32(a + 14, g->address);
    tg_put32(a + 24, target);
    g->send(g->user, frame, sizeof frame);
}

/* RFC 1035: the address of host.internal. */
static void tg_send_dns(struct tg *g)
{
    uint8_t frame[42 + 64] = {0}, *m = frame + 42;
    static const uint8_t name[] = "\4host\10internal";
    tg_put16(m, 7);
    m[2] = 1; /* recursion desired */
    tg_put16(m + 4, 1);
    memcpy(m + 12, name, sizeof name);
    tg_put16(m + 12 + sizeof name, 1);
    tg_put16(m + 14 + sizeof name, 1);
    tg_send_udp(g, frame, 5353, g->dns, 53, (uint32_t)(16 + sizeof name));
}

static void tg_send_ping(struct tg *g)
{
    uint8_t frame[42 + 24] = {0};
    frame[34] = 8;
    tg_put16(frame + 38, 1), tg_put16(frame + 40, 1);
    tg_send_ip(g, frame, 1, g->address, g->gateway, 32, 2);
}

enum { TG_FIN = 1, TG_SYN = 2, TG_RST = 4, TG_ACK = 16 };

/* A segment without text; the SYN has an MSS of 1460 and a window scale of 7 (RFC 9293, 7323). */
static void tg_send_tcp(struct tg *g, uint8_t flags)
{
    uint8_t frame[34 + 28] = {0}, *t = frame + 34;
    uint32_t length = 20;
    tg_put16(t, 40000), tg_put16(t + 2, g->port);
    tg_put32(t + 4, g->next), tg_put32(t + 8, flags & TG_ACK ? g->acknowledged : 0);
    if (flags & TG_SYN) {
        static const uint8_t options[8] = {2, 4, 0x05, 0xb4, 1, 3, 3, 7};
        memcpy(t + 20, options, sizeof options);
        length = 28;
    }
    t[12] = (uint8_t)(length / 4 << 4), t[13] = flags;
    tg_put16(t + 14, flags & TG_SYN ? 65535 : 4096); /* 512 KiB */
    tg_send_ip(g, frame, 6, g->address, g->host, length, 16);
}

/* Asks what this step asks; again and again until it is answered. */
static void tg_ask(struct tg *g, int64_t now_ns)
{
    g->asked_ns = now_ns;
    switch (g->step) {
    case TG_DISCOVER: tg_send_dhcp(g, 1, 0); break;
    case TG_REQUEST: tg_send_dhcp(g, 3, g->address); break;
    case TG_ARP: tg_send_arp(g, 1, NULL, g->gateway); break;
    case TG_DNS: tg_send_dns(g); break;
    case TG_PING: tg_send_ping(g); break;
    case TG_CONNECT: tg_send_tcp(g, TG_SYN); break;
    case TG_DOWNLOAD: tg_send_tcp(g, TG_ACK); break;
    case TG_DONE: break;
    }
}

static void tg_advance(struct tg *g, enum tg_step step, int64_t now_ns)
{
    g->step = step;
    tg_ask(g, now_ns);
}

static const char *tg_text(uint32_t address)
{
    static char text[INET_ADDRSTRLEN];
    struct in_addr in = {htonl(address)};
    return inet_ntop(AF_INET, &in, text, sizeof text);
}

static void tg_on_dhcp(struct tg *g, const uint8_t *m, const uint8_t *end, int64_t now_ns)
{
    uint8_t type = 0;
    for (const uint8_t *o = m + 240; o + 2 < end && *o != 255 && o + 2 + o[1] <= end;
         o += 2 + o[1]) {
        if (o[0] == 53)
            type = o[2];
        else if (o[0] == 3 && o[1] >= 4)
            g->gateway = tg_get32(o + 2);
        else if (o[0] == 6 && o[1] >= 4)
            g->dns = tg_get32(o + 2);
    }
    if (type == 2 && g->step == TG_DISCOVER) {
        g->address = tg_get32(m + 16);
        tg_advance(g, TG_REQUEST, now_ns);
    } else if (type == 5 && g->step == TG_REQUEST) {
        printf("dhcp: the guest has %s\n", tg_text(g->address));
        tg_advance(g, TG_ARP, now_ns);
    }
}

static void tg_on_tcp(struct tg *g, const uint8_t *t, uint32_t length, int64_t now_ns)
{
    uint32_t header = (uint32_t)(t[12] >> 4) * 4;
    uint32_t text = length - header;
    if (header < 20 || header > length || tg_get16(t + 2) != 40000)
        return;
    if (t[13] & TG_RST) {
        fprintf(stderr, "tcp: refused\n");
        exit(1);
    }
    if (g->step == TG_CONNECT && (t[13] & (TG_SYN | TG_ACK)) == (TG_SYN | TG_ACK)) {
        g->next++;
        g->acknowledged = tg_get32(t + 4) + 1;
        tg_advance(g, TG_DOWNLOAD, now_ns);
        return;
    }
    if (g->step != TG_DOWNLOAD || (text == 0 && !(t[13] & TG_FIN)))
        return;
    if (tg_get32(t + 4) == g->acknowledged) {
        for (uint32_t i = 0; i < text; i++)
            g->corrupt += t[header + i] != tg_pattern(g->received + i);
        g->received += text;
        g->acknowledged += text;
        if (t[13] & TG_FIN) {
            g->acknowledged++;
            tg_send_tcp(g, TG_FIN | TG_ACK);
            printf("tcp: %llu bytes, %llu wrong\n", (unsigned long long)g->received,
                   (unsigned long long)g->corrupt);
            g->step = TG_DONE;
            return;
        }
    }
    g->asked_ns = now_ns;
    tg_send_tcp(g, TG_ACK);
}

/* A frame for the guest. Checksums may be open: nobody between has touched it. */
static void tg_input(struct tg *g, const uint8_t *f, uint32_t length, int64_t now_ns)
{
    if (length < 42)
        return;
    if (tg_get16(f + 12) == 0x0806) {
        if (tg_get16(f + 20) == 1 && tg_get32(f + 38) == g->address && g->address != 0) {
            tg_send_arp(g, 2, f + 6, tg_get32(f + 28));
        } else if (tg_get16(f + 20) == 2 && g->step == TG_ARP) {
            memcpy(g->gateway_mac, f + 22, 6);
            printf("arp: the gateway is %02x:%02x:%02x:%02x:%02x:%02x\n", f[22], f[23], f[24],
                   f[25], f[26], f[27]);
            tg_advance(g, TG_DNS, now_ns);
        }
        return;
    }
    uint32_t total = tg_get16(f + 16), header = (uint32_t)(f[14] & 15) * 4;
    if (tg_get16(f + 12) != 0x0800 || header < 20 || 14 + total > length || total < header + 8)
        return;
    const uint8_t *body = f + 14 + header, *end = f + 14 + total;
    if (f[23] == 17 && tg_get16(body + 2) == 68 && end - body > 8 + 240) {
        tg_on_dhcp(g, body + 8, end, now_ns);
    } else if (f[23] == 17 && tg_get16(body + 2) == 5353 && g->step == TG_DNS && end - body > 20) {
        g->host = tg_get32(end - 4); /* the only record is the last thing there */
        if (tg_get16(body + 14) == 1)
            printf("dns: host.internal is %s\n", tg_text(g->host));
        tg_advance(g, TG_PING, now_ns);
    } else if (f[23] == 1 && body[0] == 0 && g->step == TG_PING) {
        printf("ping: the gateway answers\n");
        g->next = 1;
        tg_advance(g, TG_CONNECT, now_ns);
    } else if (f[23] == 6 && end - body >= 20) {
        tg_on_tcp(g, body, (uint32_t)(end - body), now_ns);
    }
}

/* The time passes: what was not answered is asked again. */
static void tg_tick(struct tg *g, int64_t now_ns)
{
    if (g->asked_ns == 0 || now_ns - g->asked_ns > 1000000000)
        tg_ask(g, now_ns);
}

static void tg_start(struct tg *g, uint16_t port)
{
    static const uint8_t mac[6] = {0x02, 0, 0, 0, 0, 0x42};
    memcpy(g->mac, mac, 6);
    g->port = port;
}

/* ---- The host's server: its bytes are what the guest downloads ------------------------------- */

static uint64_t tg_server_bytes;

static void *tg_serve(void *listener)
{
    static uint8_t chunk[1 << 16];
    int client = accept(*(int *)listener, NULL, NULL);
    for (uint64_t place = 0; place < tg_server_bytes;) {
        uint64_t count = tg_server_bytes - place < sizeof chunk ? tg_server_bytes - place
                                                                : sizeof chunk;
        for (uint64_t i = 0; i < count; i++)
            chunk[i] = tg_pattern(place + i);
        for (uint64_t sent = 0; sent < count;) {
            ssize_t n = send(client, chunk + sent, count - sent, MSG_NOSIGNAL);
            if (n <= 0)
                return NULL;
            sent += (uint64_t)n;
        }
        place += count;
    }
    shutdown(client, SHUT_WR);
    while (read(client, chunk, sizeof chunk) > 0)
        ;
    close(client);
    return NULL;
}

/* Listens on a free port of the host's loopback, and serves one client. */
static uint16_t tg_listen(uint64_t bytes)
{
    static int listener;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof here;
    pthread_t thread;
    tg_server_bytes = bytes;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&here, &length) != 0 ||
        pthread_create(&thread, NULL, tg_serve, &listener) != 0) {
        perror("listen");
        exit(1);
    }
    pthread_detach(thread);
    return ntohs(here.sin_port);
}

#endif
