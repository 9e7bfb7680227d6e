namespace Slipway.Abi;

/// <summary>What a seccomp filter must allow; found by tracing the tests of the library.</summary>
internal static class SystemCalls
{
    public const string Names =
        "accept4 bind brk clock_gettime clock_nanosleep clone3 close connect dup epoll_create1 "
        + "epoll_ctl epoll_pwait2 epoll_wait eventfd2 exit fcntl fstat fsync ftruncate futex "
        + "getcwd getpid getsockname getsockopt gettid ioctl listen lseek madvise membarrier "
        + "memfd_create mmap mprotect munmap newfstatat openat poll pread64 prctl pwrite64 read "
        + "readlink recvfrom recvmmsg recvmsg rename rseq rt_sigaction rt_sigprocmask "
        + "rt_sigreturn sched_getaffinity sched_yield sendmmsg sendmsg sendto set_robust_list "
        + "setsockopt shutdown sigaltstack socket socketpair statx sysinfo tgkill "
        + "timerfd_create timerfd_settime uname unlink write";
}
