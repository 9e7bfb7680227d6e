/* forwards.c - ports of the host that lead to the guest, and what an instance has to show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"

/* "127.0.0.1:80" or "[::1]:80"; an address that is not named is any. -1 for another family. */
static int write_endpoint(const struct sockaddr *address, char *text, size_t size)
{
    char name[INET6_ADDRSTRLEN];
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &in->sin_addr, name, sizeof name);
        return snprintf(text, size, "%s:%u", name, ntohs(in->sin_port)) > 0 ? 0 : -1;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &in->sin6_addr, name, sizeof name);
        return snprintf(text, size, "[%s]:%u", name, ntohs(in->sin6_port)) > 0 ? 0 : -1;
    }
    return -1;
}

static struct shim_forward *find(Slirp *slirp, const char *host, int is_udp)
{
    for (int i = 0; i < SHIM_FORWARDS; i++) {
        struct shim_forward *one = &slirp->forwards[i];
        if (host ? one->id != 0 && one->is_udp == is_udp && strcmp(one->host, host) == 0
                 : one->id == 0)
            return one;
    }
    return NULL;
}

int slirp_add_hostxfwd(Slirp *slirp, const struct sockaddr *haddr, socklen_t haddrlen,
                       const struct sockaddr *gaddr, socklen_t gaddrlen, int flags)
{
    char host[64], guest[64], publication[160];
    int is_udp = (flags & SLIRP_HOSTFWD_UDP) != 0;
    struct shim_forward *free_one = slirp ? find(slirp, NULL, 0) : NULL;
    (void)haddrlen, (void)gaddrlen;
    if (!free_one || write_endpoint(haddr, host, sizeof host) != 0
        || write_endpoint(gaddr, guest, sizeof guest) != 0)
        return -1;

    /* An unnamed address of the guest is the first one's, which is also its meaning there. */
    snprintf(publication, sizeof publication, "%s:%s/%s", host, guest, is_udp ? "udp" : "tcp");
    if (slipway_publish(slirp->engine, publication, &free_one->id, &free_one->host_port)
        != SLIPWAY_OK) {
        free_one->id = 0;
        fprintf(stderr, "slipway: %s\n", slipway_last_error());
        return -1;
    }
    free_one->is_udp = is_udp;
    memcpy(free_one->host, host, sizeof host);
    memcpy(free_one->guest, guest, sizeof guest);
    return 0;
}

int slirp_remove_hostxfwd(Slirp *slirp, const struct sockaddr *haddr, socklen_t haddrlen,
                          int flags)
{
    char host[64];
    (void)haddrlen;
    if (!slirp || write_endpoint(haddr, host, sizeof host) != 0)
        return -1;
    struct shim_forward *one = find(slirp, host, (flags & SLIRP_HOSTFWD_UDP) != 0);
    if (!one || slipway_unpublish(slirp->engine, one->id) != SLIPWAY_OK)
        return -1;
    one->id = 0;
    return 0;
}

static struct sockaddr_in endpoint(struct in_addr address, int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr = address, .sin_port = htons((uint16_t)port)};
}

int slirp_add_hostfwd(Slirp *slirp, int is_udp, struct in_addr host_addr, int host_port,
                      struct in_addr guest_addr, int guest_port)
{
    struct sockaddr_in host = endpoint(host_addr, host_port);
    struct sockaddr_in guest = endpoint(guest_addr, guest_port);
    return slirp_add_hostxfwd(slirp, (struct sockaddr *)&host, sizeof host,
                              (struct sockaddr *)&guest, sizeof guest,
                              is_udp ? SLIRP_HOSTFWD_UDP : 0);
}

int slirp_remove_hostfwd(Slirp *slirp, int is_udp, struct in_addr host_addr, int host_port)
{
    struct sockaddr_in host = endpoint(host_addr, host_port);
    return slirp_remove_hostxfwd(slirp, (struct sockaddr *)&host, sizeof host,
                                 is_udp ? SLIRP_HOSTFWD_UDP : 0);
}

/* ---- Addresses that lead to a program or a socket: not carried over -------------------------- */

static int refuse_guestfwd(const Slirp *slirp)
{
    shim_say(slirp, "guestfwd is not carried over; let the guest connect to a port of the host's "
                    "loopback (10.0.2.2) instead, or keep libslirp");
    return -1;
}

int slirp_add_exec(Slirp *slirp, const char *cmdline, struct in_addr *guest_addr, int guest_port)
{
    (void)cmdline, (void)guest_addr, (void)guest_port;
    return refuse_guestfwd(slirp);
}

int slirp_add_unix(Slirp *slirp, const char *unixsock, struct in_addr *guest_addr,
                   int guest_port)
{
    (void)unixsock, (void)guest_addr, (void)guest_port;
    return refuse_guestfwd(slirp);
}

int slirp_add_guestfwd(Slirp *slirp, SlirpWriteCb write_cb, void *opaque,
                       struct in_addr *guest_addr, int guest_port)
{
    (void)write_cb, (void)opaque, (void)guest_addr, (void)guest_port;
    return refuse_guestfwd(slirp);
}

int slirp_remove_guestfwd(Slirp *slirp, struct in_addr guest_addr, int guest_port)
{
    (void)slirp, (void)guest_addr, (void)guest_port;
    return -1;
}

size_t slirp_socket_can_recv(Slirp *slirp, struct in_addr guest_addr, int guest_port)
{
    (void)slirp, (void)guest_addr, (void)guest_port;
    return 0;
}

void slirp_socket_recv(Slirp *slirp, struct in_addr guest_addr, int guest_port,
                       const uint8_t *buf, int size)
{
    (void)slirp, (void)guest_addr, (void)guest_port, (void)buf, (void)size;
}

/* ---- What there is, as text for people; the program frees it --------------------------------- */

static void write_address(const slipway_address *address, char text[INET6_ADDRSTRLEN])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(address->bytes, mapped, sizeof mapped) == 0)
        inet_ntop(AF_INET, address->bytes + 12, text, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, address->bytes, text, INET6_ADDRSTRLEN);
}

enum { INFO_FLOWS = 256, INFO_LINE = 160 };

/* libslirp's columns, which programs read. There is no descriptor to show, and no queue. */
static char *write_row(char *at, const char *what, const char *source, unsigned source_port,
                       const char *target, unsigned target_port)
{
    return at + snprintf(at, INFO_LINE, "  %-19s %3d %15s %5u %15s %5u %5d %5d\n", what, -1, source,
                         source_port, target, target_port, 0, 0);
}

/* "127.0.0.1:8080" or "[::1]:8080", in two. */
static unsigned split_endpoint(const char *endpoint, char address[64])
{
    const char *colon = strrchr(endpoint, ':');
    int is_bracketed = endpoint[0] == '[';
    snprintf(address, 64, "%.*s", (int)(colon - endpoint) - 2 * is_bracketed,
             endpoint + is_bracketed);
    return (unsigned)atoi(colon + 1);
}

static char *write_forwards(char *at, const Slirp *slirp)
{
    for (int i = 0; i < SHIM_FORWARDS; i++) {
        const struct shim_forward *one = &slirp->forwards[i];
        char host[64], guest[64];
        if (one->id == 0)
            continue;
        split_endpoint(one->host, host);
        unsigned port = split_endpoint(one->guest, guest);
        if (strcmp(guest, "0.0.0.0") == 0)
            memcpy(guest, slirp->first_guest, sizeof slirp->first_guest);
        at = write_row(at, one->is_udp ? "UDP[HOST_FORWARD]" : "TCP[HOST_FORWARD]",
                       strcmp(host, "0.0.0.0") == 0 ? "*" : host, one->host_port, guest, port);
    }
    return at;
}

char *slirp_connection_info(Slirp *slirp)
{
    static const char *const states[] = {"UDP", "TCP[SYN_SENT]", "TCP[ESTABLISHED]",
                                         "TCP[CLOSING]"};
    static slipway_flow flows[INFO_FLOWS];
    uint32_t count = 0;
    char *text = malloc((INFO_FLOWS + SHIM_FORWARDS + 2) * INFO_LINE), *at = text;
    if (!text)
        return NULL;
    at += sprintf(at, "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ "
                      "SendQ\n");
    if (!slirp)
        return text;
    at = write_forwards(at, slirp);
    slipway_flows_list(slirp->engine, flows, sizeof *flows, INFO_FLOWS, &count);
    for (uint32_t i = 0; i < count && i < INFO_FLOWS; i++) {
        char guest[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];
        write_address(&flows[i].guest, guest);
        write_address(&flows[i].remote, remote);
        at = write_row(at, states[flows[i].protocol == 6 ? flows[i].tcp_state & 3 : 0], guest,
                       flows[i].guest_port, remote, flows[i].remote_port);
    }
    return text;
}

char *slirp_neighbor_info(Slirp *slirp)
{
    enum { MOST = 64, LINE = 192 };
    slipway_lease leases[MOST];
    uint32_t count = 0;
    char *text = malloc((MOST + 2) * LINE), *at = text;
    if (!text)
        return NULL;
    if (slirp)
        slipway_leases_list(slirp->engine, leases, sizeof *leases, MOST, &count);
    at += sprintf(at, "  %-20s %-20s %s\n", "MAC Address", "IP Address", "Name");
    for (uint32_t i = 0; i < count && i < MOST; i++) {
        char address[INET6_ADDRSTRLEN];
        const uint8_t *mac = leases[i].mac;
        write_address(&leases[i].address, address);
        at += snprintf(at, LINE, "  %02x:%02x:%02x:%02x:%02x:%02x    %-20s %s\n", mac[0], mac[1],
                       mac[2], mac[3], mac[4], mac[5], address, leases[i].name);
    }
    return text;
}
