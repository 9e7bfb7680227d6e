namespace Slipway.Abi;

/// <summary>
/// What a seccomp filter must allow. A test runs an engine under a filter of these and no others.
/// </summary>
internal static class SystemCalls
{
    public const string Names =
        "accept4 access bind brk clock_gettime clock_nanosleep clone3 close connect "
        + "dup epoll_create1 epoll_ctl epoll_pwait2 epoll_wait eventfd2 exit exit_group "
        + "fchmod fcntl flock fstat fstatfs fsync ftruncate futex get_mempolicy getcwd "
        + "getdents64 getpid getrandom getrusage getsockname getsockopt gettid inotify_add_watch "
        + "inotify_init1 ioctl listen "
        + "lseek lstat madvise membarrier "
        + "memfd_create mmap mprotect munmap newfstatat openat poll prctl pread64 "
        + "prlimit64 pwrite64 read readlink recvfrom recvmmsg recvmsg rename rseq "
        + "rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity sched_yield "
        + "sendmmsg sendmsg sendto set_robust_list set_tid_address setsockopt shutdown "
        + "sigaltstack socket socketpair statfs statx sysinfo tgkill timerfd_create "
        + "timerfd_settime uname unlink write";
}
