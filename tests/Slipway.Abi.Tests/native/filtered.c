/*
 * filtered.c - an engine under a seccomp filter of just what slipway_syscalls() names, which is in
 * allowed.h as ALLOW(name) a line. Another call ends the process with SIGSYS. The program itself
 * does nothing that the list lacks.
 */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "frames-guest.h"

static const int allowed[] = {
#define ALLOW(name) __NR_##name,
#include "allowed.h"
};

/* For all threads there are and will be. */
static int install(void)
{
    enum { COUNT = sizeof allowed / sizeof *allowed };
    struct sock_filter code[COUNT + 3];
    code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                           offsetof(struct seccomp_data, nr));
    for (int i = 0; i < COUNT; i++)
        code[1 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                   (uint32_t)allowed[i], (uint8_t)(COUNT - i), 0);
    code[1 + COUNT] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    code[2 + COUNT] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {COUNT + 3, code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0;
}

int main(void)
{
    slipway_engine engine, second;
    char folder[] = "/tmp/slipway-filter-XXXXXX", json[128], path[128];
    slipway_engine_options options = {.size = sizeof options};
    slipway_engine_options keeping = {.size = sizeof keeping, .config_json = json};
    slipway_frames_options frames = {.size = sizeof frames, .output = to_guest};
    slipway_ring_options ring = {.size = sizeof ring};
    slipway_capture capture;
    slipway_port other;
    uint32_t id;
    int32_t fd;
    int ends[2];

    /* The server's thread and the pipe are the program's, and made before; so is life itself. */
    guest.send = to_engine;
    tg_start(&guest, tg_listen(4 << 20));
    if (!mkdtemp(folder))
        return 1;
    snprintf(json, sizeof json, "{\"dhcp\": {\"leaseFile\": \"%s/leases.json\"}}", folder);
    snprintf(path, sizeof path, "stream:%s/vm.sock", folder);
    if (slipway_engine_create(&options, &second) != SLIPWAY_OK || pipe(ends) != 0 || install()) {
        perror("filter");
        return 1;
    }
    if (slipway_engine_create(&keeping, &engine) != SLIPWAY_OK
        || slipway_engine_start(engine) != SLIPWAY_OK
        || slipway_port_attach_frames(engine, &frames, &guest_port) != SLIPWAY_OK
        || slipway_port_attach_ring(engine, &ring, &other) != SLIPWAY_OK
        || slipway_port_detach(other) != SLIPWAY_OK
        || slipway_port_attach_socketpair(engine, "stream", &other, &fd) != SLIPWAY_OK
        || slipway_port_detach(other) != SLIPWAY_OK
        || slipway_port_attach(engine, path, &other) != SLIPWAY_OK
        || slipway_port_detach(other) != SLIPWAY_OK
        || slipway_publish(engine, "0:80", &id, NULL) != SLIPWAY_OK
        || slipway_publish(engine, "0:53/udp", NULL, NULL) != SLIPWAY_OK
        || slipway_unpublish(engine, id) != SLIPWAY_OK
        || slipway_capture_start(engine, ends[1], 64, &capture) != SLIPWAY_OK) {
        fprintf(stderr, "%s\n", slipway_last_error());
        return 1;
    }
    int64_t end = tg_now_ns() + 30000000000;
    while (guest.step != TG_DONE && tg_now_ns() < end) {
        struct pollfd wait = {.fd = ends[0], .events = POLLIN};
        static char captured[1 << 16];
        tg_tick(&guest, tg_now_ns());
        if (poll(&wait, 1, 10) > 0 && read(ends[0], captured, sizeof captured) < 0)
            return 1;
    }
    close(ends[0]); /* the capture's reader goes away before it ends */
    usleep(20000);
    if (slipway_capture_stop(capture) != SLIPWAY_OK
        || slipway_engine_destroy(engine) != SLIPWAY_OK
        || slipway_engine_destroy(second) != SLIPWAY_OK || guest.step != TG_DONE)
        return 1;
    snprintf(path, sizeof path, "%s/leases.json", folder);
    if (unlink(path) != 0) { /* which was written when the engine ended */
        perror(path);
        return 1;
    }
    puts("served under the filter");
    return 0;
}
