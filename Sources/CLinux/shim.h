#pragma once

// What the toolchain's Glibc module leaves out of the Linux interface.
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

// accept4(2) is declared under _GNU_SOURCE alone.
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

// ioctl(2) and prctl(2) are variadic, which Swift cannot call.

/// How many bytes wait in a socket's send buffer (SIOCOUTQ), or -1.
static inline int flowhook_unsent_bytes(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : -1;
}

/// Names the calling thread, up to 15 bytes.
static inline void flowhook_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
