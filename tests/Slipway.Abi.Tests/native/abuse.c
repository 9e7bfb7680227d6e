/*
 * abuse.c - calls that no program should make, each with the status that it must get. Prints what
 * was wrong and exits 1; a crash is the other way to fail.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "expect.h"
#include "publications.h"

static slipway_engine engine;
static slipway_port port;
static int holding;

static uint32_t output(void *user, slipway_port from, const slipway_frame_out *frames,
                       uint32_t count)
{
    (void)user, (void)from, (void)frames;
    return holding ? 0 : count;
}

static slipway_engine make(void)
{
    slipway_engine made = 0;
    slipway_engine_options options = {.size = sizeof options};
    EXPECT(SLIPWAY_OK, slipway_engine_create(&options, &made));
    return made;
}

static void check_services(slipway_engine of)
{
    slipway_service list[2];
    uint8_t address[16];
    uint32_t id, count;

    EXPECT(SLIPWAY_E_CONFIG, slipway_service_add(of, "nonsense", &id, NULL));
    EXPECT(SLIPWAY_E_CONFIG, slipway_service_add(of, "{\"port\": 80}", &id, NULL));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_service_add(of, NULL, &id, NULL));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_service_add(of, "{}", (void *)1, NULL));
    EXPECT(SLIPWAY_OK, slipway_service_add(of,
        "{\"name\": \"registry.internal\", \"port\": 5000, \"target\": \"unix:/run/r.sock\"}",
        &id, address));
    EXPECT(SLIPWAY_E_IN_USE, slipway_service_add(of,
        "{\"name\": \"registry.internal\", \"port\": 5000, \"target\": \"unix:/x\"}",
        NULL, NULL));
    EXPECT(SLIPWAY_OK, slipway_service_add(of,
        "{\"destination\": \"10.0.0.0/8\", \"target\": \"udp:127.0.0.1:9\"}", NULL, NULL));
    EXPECT(SLIPWAY_OK, slipway_services_list(of, list, sizeof list[0], 2, &count));
    int is_right = count == 2 && list[0].id == id && list[0].protocol == 6
        && list[0].is_virtual == 1 && list[0].prefix_bits == 32 && list[0].first_port == 5000
        && list[0].last_port == 5000 && memcmp(list[0].address.bytes, address, 16) == 0
        && memcmp(address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0
        && strcmp(list[0].name, "registry.internal") == 0
        && strcmp(list[0].target, "unix:/run/r.sock") == 0
        && list[1].protocol == 17 && list[1].is_virtual == 0 && list[1].prefix_bits == 8
        && list[1].first_port == 1 && list[1].last_port == 65535 && list[1].name[0] == 0;
    if (!is_right)
        printf("the list of services\n"), failures++;
    EXPECT(SLIPWAY_OK, slipway_service_remove(of, id));
    EXPECT(SLIPWAY_E_NOT_FOUND, slipway_service_remove(of, id));
    EXPECT(SLIPWAY_OK, slipway_services_list(of, NULL, sizeof list[0], 0, &count));
    EXPECT(1, count);
}

static void structs(void)
{
    struct { slipway_engine_options known; uint64_t later; } longer = {.known.size = sizeof longer};
    slipway_engine_options options = {.size = sizeof options};
    char misaligned[sizeof options + 8];
    slipway_engine made = 0;

    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_engine_create(NULL, &made));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_engine_create(&options, NULL));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT,
           slipway_engine_create((void *)(((uintptr_t)misaligned | 7) - 2), &made));
    options.size = 0;
    EXPECT(SLIPWAY_E_STRUCT_SIZE, slipway_engine_create(&options, &made));
    options.size = 0xffffffff;
    EXPECT(SLIPWAY_E_STRUCT_SIZE, slipway_engine_create(&options, &made));

    /* An older caller's, and a newer one's with and without something that is not known. */
    options.size = 8;
    EXPECT(SLIPWAY_OK, slipway_engine_create(&options, &made));
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(made));
    EXPECT(SLIPWAY_OK, slipway_engine_create(&longer.known, &made));
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(made));
    longer.later = 1;
    EXPECT(SLIPWAY_E_STRUCT_SIZE, slipway_engine_create(&longer.known, &made));
    char offset[32];
    snprintf(offset, sizeof offset, "offset %zu", sizeof(slipway_engine_options));
    if (!strstr(slipway_last_error(), offset)) {
        printf("the message names no offset: %s\n", slipway_last_error());
        failures++;
    }

    options = (slipway_engine_options){.size = sizeof options, .config_json = "{\"mtu\": 1}"};
    EXPECT(SLIPWAY_E_CONFIG, slipway_engine_create(&options, &made));
    options.config_json = "{\"mut\": 1500}";
    EXPECT(SLIPWAY_E_CONFIG, slipway_engine_create(&options, &made));
    options.config_json = "\xff\xfe{";
    EXPECT(SLIPWAY_E_CONFIG, slipway_engine_create(&options, &made));
    const char *no_values[] = {
        "{\"dns\": {\"servers\": [null]}}", "{\"dns\": {\"records\": {\"a.test\": null}}}",
        "{\"dns\": {\"domains\": {\"a.test\": null}}}", "{\"links\": [null]}",
        "{\"publish\": [null]}",
        "{\"dhcp\": {\"leases\": [null]}}", "{\"dhcp\": {\"leaseFile\": \"/tmp/a\\u0000b\"}}",
        "{\"links\": [\"stream:/tmp/a\\u0000b\"]}"};
    for (size_t i = 0; i < sizeof no_values / sizeof *no_values; i++) {
        options.config_json = no_values[i];
        EXPECT(SLIPWAY_E_CONFIG, slipway_engine_create(&options, &made));
    }
    options.config_json = NULL, options.mtu = 70000;
    EXPECT(SLIPWAY_E_CONFIG, slipway_engine_create(&options, &made));
    options.mtu = 0, options.subnet = "10.0.0.0/33";
    EXPECT(SLIPWAY_E_CONFIG, slipway_engine_create(&options, &made));
}

static void handles(void)
{
    slipway_engine gone = make();
    int64_t deadline;
    uint32_t count;
    slipway_stats stats = {.size = sizeof stats};
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(gone));
    slipway_engine made_up[] = {0, 1, gone, gone ^ (1ull << 32), UINT64_MAX, port, engine + 1};
    for (size_t i = 0; i < sizeof made_up / sizeof *made_up; i++) {
        slipway_engine e = made_up[i];
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_engine_start(e));
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_engine_stop(e, 0));
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_engine_destroy(e));
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_engine_fd(e));
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_next_deadline_ns(e, &deadline));
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_dispatch(e, 1));
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_publish(e, "0:80", NULL, NULL));
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_unpublish(e, 1));
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_service_add(e, "{}", NULL, NULL));
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_service_remove(e, 1));
        EXPECT(SLIPWAY_E_BAD_HANDLE,
               slipway_services_list(e, NULL, sizeof(slipway_service), 0, &count));
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_dns_set(e, "a.b", "192.0.2.1"));
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_stats_read(e, &stats));
        EXPECT(SLIPWAY_E_BAD_HANDLE,
               slipway_flows_list(e, NULL, sizeof(slipway_flow), 0, &count));
        if (e != port) {
            EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_port_detach(e));
            EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_port_kick(e));
            EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_port_input(e, NULL, 0, NULL));
        }
        EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_capture_stop(e));
    }
}

static void frames(void)
{
    static uint8_t bytes[70000];
    slipway_iovec piece = {bytes, 60};
    slipway_frame_in in = {.pieces = &piece, .piece_count = 1};
    slipway_frame_in many[1000];
    uint32_t taken = 7;

    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_input(port, NULL, 1, &taken));
    EXPECT(0, taken);
    piece.length = sizeof bytes;
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_input(port, &in, 1, NULL));
    piece.length = SIZE_MAX;
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_input(port, &in, 1, NULL));
    piece.length = 0;
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_input(port, &in, 1, NULL));
    piece = (slipway_iovec){NULL, 60};
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_input(port, &in, 1, NULL));
    in.pieces = NULL;
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_input(port, &in, 1, NULL));
    in.piece_count = 0xffffffff;
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_input(port, &in, 1, NULL));

    /* A full port says so and loses nothing; there is room again after the next turns. */
    piece = (slipway_iovec){bytes, 1500};
    for (int i = 0; i < 1000; i++)
        many[i] = (slipway_frame_in){.pieces = &piece, .piece_count = 1};
    EXPECT(SLIPWAY_OK, slipway_port_input(port, many, 1000, &taken));
    if (taken == 0 || taken == 1000)
        printf("a port of 256 KiB took %u frames of 1500 bytes\n", taken), failures++;
    EXPECT(SLIPWAY_E_AGAIN, slipway_port_input(port, many, 1, &taken));
    while (slipway_dispatch(engine, 1) == 1)
        ;
    EXPECT(SLIPWAY_OK, slipway_port_input(port, many, 1, &taken));

    /* A header that lies is a malformed frame, and no harm. */
    slipway_net_header lie = {.flags = 1, .gso_type = 1, .gso_size = 1, .checksum_start = 65535,
                              .checksum_offset = 65535};
    many[0].header = &lie;
    EXPECT(SLIPWAY_OK, slipway_port_input(port, many, 1, NULL));
    EXPECT(SLIPWAY_E_UNSUPPORTED, slipway_port_kick(port));
}

static void vrings(void)
{
    slipway_port made;
    slipway_memory_region regions[33] = {{0}};
    slipway_vring_options o = {.size = sizeof o, .regions = regions, .region_count = 1};
    int file = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    uint8_t *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_attach_vring(engine, NULL, &made));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_attach_vring(engine, &o, &made));
    regions[0] = (slipway_memory_region){0, 1 << 20, memory, -1, 0};
    o.receive = o.transmit = (slipway_vring){
        .queue_size = 8, .descriptors = memory, .available = memory + 4096, .used = memory + 8192,
        .kick_fd = -1, .call_fd = -1};
    o.region_count = 33;
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_attach_vring(engine, &o, &made));
    o.region_count = 1, regions[0].flags = 2;
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_attach_vring(engine, &o, &made));
    regions[0].flags = 0, regions[0].fd = file;
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach_vring(engine, &o, &made));
    regions[0].flags = SLIPWAY_MEMORY_TRUSTED;
    EXPECT(SLIPWAY_OK, slipway_port_attach_vring(engine, &o, &made));
    EXPECT(SLIPWAY_OK, slipway_port_detach(made));
    fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK);
    regions[0].flags = 0;
    EXPECT(SLIPWAY_OK, slipway_port_attach_vring(engine, &o, &made));
    EXPECT(SLIPWAY_OK, slipway_port_detach(made));
    o.features = 1ull << 63;
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach_vring(engine, &o, &made));
    o.features = 0, o.receive.queue_size = 7;
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach_vring(engine, &o, &made));
    o.receive.queue_size = 0x80000000;
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach_vring(engine, &o, &made));
    o.receive.queue_size = 8, o.receive.used = memory + (1 << 20) - 4;
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach_vring(engine, &o, &made));
    o.receive.used = memory + 8193;
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach_vring(engine, &o, &made));
    o.receive.used = memory + 8192, o.receive.kick_fd = 99999;
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach_vring(engine, &o, &made));
    o.receive.kick_fd = -1, regions[0].length = UINT64_MAX;
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach_vring(engine, &o, &made));
    close(file);
}

static void others(void)
{
    slipway_ring_options ring = {.size = sizeof ring, .ring_bytes = 100};
    slipway_frames_options no_output = {.size = sizeof no_output};
    slipway_port made;
    slipway_capture capture, second;
    uint32_t id, count;
    uint16_t host_port = 0;
    int32_t fd;
    uint64_t value;
    uint8_t list[64];

    EXPECT(SLIPWAY_E_LINK, slipway_port_attach_ring(engine, &ring, &made));
    ring.ring_bytes = 0, ring.offloads = 1u << 31;
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_attach_ring(engine, &ring, &made));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_attach_frames(engine, &no_output, &made));
    EXPECT(SLIPWAY_E_CONFIG, slipway_port_attach(engine, "nonsense", &made));
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach(engine, "stream:/nonexistent/socket", &made));
    EXPECT(SLIPWAY_E_LINK, slipway_port_attach(engine, "fd:9999,framing=stream", &made));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_port_attach(engine, NULL, &made));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT,
           slipway_port_attach_socketpair(engine, "morse", &made, &fd));
    EXPECT(SLIPWAY_OK, slipway_port_attach_socketpair(engine, "dgram", &made, &fd));
    EXPECT(SLIPWAY_E_UNSUPPORTED, slipway_port_set_link(made, 0));
    EXPECT(SLIPWAY_OK, slipway_port_detach(made));
    close(fd);

    EXPECT(SLIPWAY_E_CONFIG, slipway_publish(engine, "x:y", &id, NULL));
    EXPECT(SLIPWAY_OK, slipway_publish(engine, "0:80", &id, &host_port));
    char taken[32];
    snprintf(taken, sizeof taken, "%u:80", host_port);
    EXPECT(SLIPWAY_E_IN_USE, slipway_publish(engine, taken, NULL, NULL));
    EXPECT(SLIPWAY_OK, slipway_unpublish(engine, id));
    EXPECT(SLIPWAY_E_NOT_FOUND, slipway_unpublish(engine, id));
    EXPECT(SLIPWAY_OK, slipway_publish(engine, taken, NULL, NULL));
    check_publications(engine);
    EXPECT(SLIPWAY_OK, slipway_dns_set(engine, "web.test", "192.0.2.1,2001:db8::1"));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_dns_set(engine, "web.test", "192.0.2.256"));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_dns_set(engine, "..", "192.0.2.1"));
    EXPECT(SLIPWAY_E_IN_USE, slipway_dns_set(engine, "host.internal", "192.0.2.1"));
    EXPECT(SLIPWAY_OK, slipway_dns_remove(engine, "web.test"));
    EXPECT(SLIPWAY_E_NOT_FOUND, slipway_dns_remove(engine, "web.test"));

    check_services(engine);
    EXPECT(SLIPWAY_E_STRUCT_SIZE, slipway_flows_list(engine, NULL, 0, 0, &count));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT,
           slipway_flows_list(engine, NULL, sizeof(slipway_flow), 1, &count));
    EXPECT(SLIPWAY_OK, slipway_leases_list(engine, (void *)list, sizeof list, 1, &count));
    EXPECT(SLIPWAY_E_NOT_FOUND, slipway_counter_read(engine, 100000, &value));
    if (slipway_counter_name(0) == NULL || slipway_counter_name(100000) != NULL)
        printf("counter names\n"), failures++;

    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_capture_start(engine, -1, 0, &capture));
    int sink = open("/dev/null", O_WRONLY);
    EXPECT(SLIPWAY_OK, slipway_capture_start(engine, sink, 0, &capture));
    EXPECT(SLIPWAY_E_IN_USE, slipway_capture_start(engine, sink, 0, &second));
    EXPECT(SLIPWAY_OK, slipway_capture_stop(capture));
    EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_capture_stop(capture));
    close(sink);
    EXPECT(1, slipway_has_feature("vring"));
    EXPECT(0, slipway_has_feature("teleport"));
    EXPECT(SLIPWAY_E_INVALID_ARGUMENT, slipway_has_feature(NULL));
}

/* Everybody at once, on one engine and its port, until it is destroyed under them. */
static slipway_engine shared;
static slipway_port shared_port;

static void *hammer(void *stop)
{
    static uint8_t bytes[64];
    while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED)) {
        slipway_iovec piece = {bytes, sizeof bytes};
        slipway_frame_in in = {.pieces = &piece, .piece_count = 1};
        slipway_stats stats = {.size = sizeof stats};
        uint32_t id, count;
        int64_t deadline;
        slipway_port_input(shared_port, &in, 1, NULL);
        slipway_stats_read(shared, &stats);
        slipway_next_deadline_ns(shared, &deadline);
        slipway_port_set_link(shared_port, (int32_t)stats.frames_received & 1);
        slipway_port_resume(shared_port);
        if (slipway_publish(shared, "0:80", &id, NULL) == SLIPWAY_OK)
            slipway_unpublish(shared, id);
        slipway_flows_list(shared, NULL, sizeof(slipway_flow), 0, &count);
    }
    return NULL;
}

static void threads(int own_thread)
{
    pthread_t all[4];
    int stop = 0;
    slipway_frames_options options = {.size = sizeof options, .output = output};
    shared = make();
    EXPECT(SLIPWAY_OK, slipway_port_attach_frames(shared, &options, &shared_port));
    if (own_thread) {
        EXPECT(SLIPWAY_OK, slipway_engine_start(shared));
        EXPECT(SLIPWAY_E_STATE, slipway_engine_start(shared));
        EXPECT(SLIPWAY_E_STATE, slipway_dispatch(shared, 1));
    }
    for (int i = 0; i < 4; i++)
        pthread_create(&all[i], NULL, hammer, &stop);
    for (int i = 0; i < 300; i++) {
        if (!own_thread)
            slipway_dispatch(shared, 4);
        usleep(1000);
    }
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(shared));
    usleep(100000);
    stop = 1;
    for (int i = 0; i < 4; i++)
        pthread_join(all[i], NULL);
}

int main(void)
{
    slipway_frames_options options = {.size = sizeof options, .output = output};
    engine = make();
    EXPECT(SLIPWAY_OK, slipway_port_attach_frames(engine, &options, &port));
    structs();
    handles();
    frames();
    vrings();
    others();
    EXPECT(SLIPWAY_OK, slipway_port_detach(port));
    EXPECT(SLIPWAY_E_BAD_HANDLE, slipway_port_detach(port));
    EXPECT(SLIPWAY_OK, slipway_engine_stop(engine, -1));
    EXPECT(SLIPWAY_E_STATE, slipway_engine_start(engine));
    EXPECT(SLIPWAY_E_STATE, slipway_dispatch(engine, 1));
    EXPECT(SLIPWAY_OK, slipway_engine_destroy(engine));
    threads(0);
    threads(1);
    printf("%d wrong\n", failures);
    return failures != 0;
}
