#pragma once

// What the toolchain's Glibc module leaves out of the Linux interface.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

// accept4(2) is declared under _GNU_SOURCE alone.
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

// Kinds and flags of a socket (socket(2)). glibc declares them as an enumeration, which Swift gives to whichever of the C
// modules here is read first: a file that does not import that one finds no such name.
static const int flowhook_stream_socket = SOCK_STREAM;
static const int flowhook_datagram_socket = SOCK_DGRAM;
static const int flowhook_closed_on_exec = SOCK_CLOEXEC;
static const int flowhook_not_blocking = SOCK_NONBLOCK;

// ioctl(2), prctl(2) and syscall(2) are variadic, which Swift cannot call.

/// How many bytes wait in a socket's send buffer (SIOCOUTQ), or -1.
static inline int flowhook_unsent_bytes(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : -1;
}

// CPU_COUNT(3) is a macro, and the set is declared under _GNU_SOURCE alone; the kernel's own call takes plain bits.
#include <sys/syscall.h>
#include <unistd.h>

/// How many CPUs the process may run on (sched_getaffinity(2)).
static inline int flowhook_allowed_cpus(void) {
    unsigned long bits[128] = {0};
    long length = syscall(SYS_sched_getaffinity, 0, sizeof bits, bits);
    int count = 0;
    for (long index = 0; index < length / (long)sizeof bits[0]; index++) {
        count += __builtin_popcountl(bits[index]);
    }
    return count;
}

#include <linux/openat2.h>

/// Opens what a path leads to if that lies below a directory (openat2(2), which glibc has no function for), or gives -1.
static inline int flowhook_open_beneath(int directory, const char *path, int flags) {
    struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_BENEATH};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

/// Opens a directory to find things from alone, which takes the right to search it and not that to read it (O_PATH, open(2),
/// declared under _GNU_SOURCE alone).
static inline int flowhook_open_folder(const char *path) {
    enum { path_only = 010000000 };
    return open(path, path_only | O_CLOEXEC | O_DIRECTORY);
}

/// Reads entries of an opened directory one behind the other (getdents64(2), declared under _GNU_SOURCE alone): how many
/// bytes they take, 0 at the end, or -1.
static inline long flowhook_read_entries(int directory, void *buffer, unsigned long size) {
    return syscall(SYS_getdents64, directory, buffer, size);
}

/// Raises the limit of open descriptors to the hard limit and gives it (getrlimit(2)).
static inline unsigned long flowhook_raise_descriptor_limit(void) {
    struct rlimit limit = {0, 0};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

/// The limit of open descriptors (getrlimit(2)).
static inline unsigned long flowhook_descriptor_limit(void) {
    struct rlimit limit = {0, 0};
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

/// Names the calling thread, up to 15 bytes.
static inline void flowhook_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

// statfs(2) is left out of the toolchain's module.
#include <sys/vfs.h>

/// The number of the file system that a path is on (statfs(2)), or -1.
static inline long flowhook_file_system(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (long)status.f_type : -1;
}

/// Writes what standard output still holds; 0 where not all that was printed has been taken, now or before.
static inline int flowhook_flush_output(void) {
    return fflush(stdout) == 0 && !ferror(stdout);
}

/// Forbids core dumps and other processes' looks into this one's memory (PR_SET_DUMPABLE, proc(5)).
static inline void flowhook_forbid_dumps(void) {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/// Drops the first packet of new connections to a listening TCP socket (SO_ATTACH_FILTER, socket(7)); those that have
/// been made, or are being made, stay. The filter sees a segment from its TCP header on: byte 13 holds the flags.
static inline int flowhook_refuse_new_connections(int descriptor) {
    enum { synchronize = 0x02, acknowledge = 0x10 };
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, synchronize | acknowledge),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, synchronize, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    struct sock_fprog program = {sizeof instructions / sizeof instructions[0], instructions};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

// A part of every sanitizer's runtime (sanitizer/common_interface_defs.h); absent from other builds.
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/// Whether the program is built with a sanitizer, which has handlers of its own for crashes.
static inline int flowhook_is_sanitized(void) {
    return &__sanitizer_set_death_callback != 0;
}
