/* say.c - how the shim tells things. */
#include <stdarg.h>
#include <stdio.h>

#include "shim.h"

void shim_say(const Slirp *slirp, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (slirp && slirp->callbacks->guest_error)
        slirp->callbacks->guest_error(text, slirp->opaque);
    else
        fprintf(stderr, "slipway: %s\n", text);
}
