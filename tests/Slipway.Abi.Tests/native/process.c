/*
 * process.c - what the library does to the process that loads it: prints one figure a line.
 *
 * Usage: process /path/to/libslipway.so
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "slipway.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A field of /proc/self/status, in kB or as a number. */
static long field(const char *name)
{
    char line[256];
    long value = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(strchr(line, ':') + 1, NULL, strstr(name, "Sig") ? 16 : 10);
    if (status)
        fclose(status);
    return value;
}

static volatile sig_atomic_t segv_seen, pipe_seen;
static sigjmp_buf back;

static void on_segv(int signal)
{
    (void)signal;
    segv_seen++;
    siglongjmp(back, 1);
}

static void on_pipe(int signal)
{
    (void)signal;
    pipe_seen++;
}

/* Reads an address that is not mapped; the process's own handler must see it. */
static volatile int *volatile nowhere = (volatile int *)16;

static int crash_is_caught(void)
{
    int before = segv_seen;
    if (sigsetjmp(back, 1) == 0)
        (void)*nowhere;
    return segv_seen == before + 1;
}

static int pipe_is_signalled(void)
{
    int ends[2], before = pipe_seen;
    if (pipe(ends) != 0)
        return 0;
    close(ends[0]);
    int failed = write(ends[1], "x", 1) < 0 && errno == EPIPE;
    close(ends[1]);
    return failed && pipe_seen == before + 1;
}

#define LOAD(name) __typeof__(&name) p_##name = (__typeof__(&name))dlsym(library, #name)

int main(int argc, char **argv)
{
    struct sigaction segv = {.sa_handler = on_segv, .sa_flags = SA_NODEFER};
    struct sigaction broken = {.sa_handler = on_pipe};
    sigaction(SIGSEGV, &segv, NULL);
    sigaction(SIGPIPE, &broken, NULL);
    long rss = field("VmRSS"), anonymous = field("RssAnon");

    double begin = now();
    void *library = dlopen(argc > 1 ? argv[1] : "libslipway.so", RTLD_NOW);
    if (!library) {
        printf("dlopen: %s\n", dlerror());
        return 1;
    }
    LOAD(slipway_abi_version);
    LOAD(slipway_engine_create);
    LOAD(slipway_engine_start);
    LOAD(slipway_engine_destroy);
    LOAD(slipway_last_error);
    slipway_engine_options options = {.size = sizeof options};
    slipway_engine engine, more[10];
    if (p_slipway_engine_create(&options, &engine) != SLIPWAY_OK ||
        p_slipway_engine_start(engine) != SLIPWAY_OK) {
        printf("create: %s\n", p_slipway_last_error());
        return 1;
    }
    printf("ready_ms %.2f\n", now() - begin);
    usleep(300000);
    printf("memory_kib %ld\n", field("VmRSS") - rss);
    printf("memory_anonymous_kib %ld\n", field("RssAnon") - anonymous);
    printf("threads %ld\n", field("Threads"));

    long before = field("VmRSS");
    for (int i = 0; i < 10; i++)
        if (p_slipway_engine_create(&options, &more[i]) != SLIPWAY_OK ||
            p_slipway_engine_start(more[i]) != SLIPWAY_OK)
            return 1;
    usleep(300000);
    printf("further_engine_kib %ld\n", (field("VmRSS") - before) / 10);
    for (int i = 0; i < 10; i++)
        p_slipway_engine_destroy(more[i]);

    begin = now();
    uint32_t version = 0;
    for (int i = 0; i < 10000000; i++)
        version += p_slipway_abi_version();
    printf("empty_call_ns %.1f\n", (now() - begin) / 10);

    printf("segv_handler %s\n", crash_is_caught() && crash_is_caught() ? "kept" : "LOST");
    printf("pipe_handler %s\n", pipe_is_signalled() ? "kept" : "LOST");

    /* A handler that comes later takes the place of the library's. */
    sigaction(SIGSEGV, &segv, NULL);
    printf("later_segv_handler %s\n", crash_is_caught() ? "works" : "LOST");

    pid_t child = fork();
    if (child == 0) {
        execlp("true", "true", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    printf("fork_exec %s\n", status == 0 ? "works" : "FAILED");

    printf("destroy %d\n", p_slipway_engine_destroy(engine));
    dlclose(library);
    printf("after_dlclose %u\n", p_slipway_abi_version());
    return version == 10000000 ? 0 : 1;
}
