/*
 * signals.c - what the runtime does about SIGPIPE, linked around its calls of signal(3).
 *
 * When it begins to live it has SIGPIPE ignored, for the whole process. A library must not:
 * what the program does about that signal is the program's. Threads of the library block it.
 */
#include <signal.h>

typedef void (*handler)(int);

handler __real_signal(int number, handler action);

handler __wrap_signal(int number, handler action)
{
    return number == SIGPIPE ? SIG_DFL : __real_signal(number, action);
}
