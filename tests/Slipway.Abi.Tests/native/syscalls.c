/* syscalls.c - prints the system calls that the library says it makes. */
#include <stdio.h>

#include "slipway.h"

int main(void)
{
    puts(slipway_syscalls());
    return 0;
}
