/*
 * speed.c - TCP in bulk through one engine by three ways in: virtqueues that are handed over,
 * virtqueues over vhost-user, and a ring pair. Same driver, same guest, same run.
 *
 * Usage: speed [ROUNDS [SECONDS]]     prints medians and the ratio to vhost-user
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "bulk.h"

enum { WAYS = 3, MOST_ROUNDS = 50 };

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* An engine of its own for each run, so that none has the other's flows or memory. */
static double measure(struct transport (*make)(slipway_engine), int up, double seconds)
{
    slipway_engine engine;
    slipway_engine_options options = {.size = sizeof options};
    check(slipway_engine_create(&options, &engine), "create");
    struct transport transport = make(engine);
    check(slipway_engine_start(engine), "start");
    double rate = bulk_run(&transport, up, seconds);
    check(slipway_engine_destroy(engine), "destroy");
    return rate;
}

int main(int argc, char **argv)
{
    struct transport (*ways[WAYS])(slipway_engine) = {
        vhost_user_transport, vring_transport, ring_transport};
    static const char *const names[WAYS] = {"vhost-user", "attach_vring", "ring"};
    static double rates[2][WAYS][MOST_ROUNDS];
    int rounds = argc > 1 ? atoi(argv[1]) : 5;
    double seconds = argc > 2 ? atof(argv[2]) : 1;
    rounds = rounds < 1 ? 1 : rounds > MOST_ROUNDS ? MOST_ROUNDS : rounds;
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < WAYS; i++)
            for (int up = 0; up < 2; up++) {
                int way = (i + round) % WAYS; /* nobody is always first */
                rates[up][way][round] = measure(ways[way], up, seconds);
            }
    printf("Gbit/s, medians of %d rounds of %.1f s (lowest to highest)\n", rounds, seconds);
    for (int up = 1; up >= 0; up--) {
        double base = 0;
        for (int way = 0; way < WAYS; way++) {
            double *all = rates[up][way];
            qsort(all, (size_t)rounds, sizeof *all, by_size);
            base = way == 0 ? all[rounds / 2] : base;
            printf("%-5s %-13s %5.1f (%.1f to %.1f)  %.2f of vhost-user\n", up ? "up" : "down",
                   names[way], all[rounds / 2], all[0], all[rounds - 1], all[rounds / 2] / base);
        }
    }
    return 0;
}
