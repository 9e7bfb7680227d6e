/* expect.h - what the native tests check calls with, and count. */
#ifndef EXPECT_H
#define EXPECT_H

#include <dirent.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "slipway.h"

static atomic_int failures;

static inline void expect_at(const char *file, int line, const char *call, int64_t got,
                             int64_t wanted)
{
    if (got != wanted) {
        printf("%s:%d: %s is %lld (%s), not %lld (%s): %s\n", file, line, call, (long long)got,
               slipway_status_name((int32_t)got), (long long)wanted,
               slipway_status_name((int32_t)wanted), slipway_last_error());
        failures++;
    }
}

#define EXPECT(wanted, call) expect_at(__FILE__, __LINE__, #call, call, wanted)

/* How many this process has open. */
static inline int descriptors(void)
{
    int count = 0;
    DIR *all = opendir("/proc/self/fd");
    while (readdir(all))
        count++;
    closedir(all);
    return count;
}

#endif
