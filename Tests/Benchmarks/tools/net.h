// What the load, the third-party service and the C peer share: clocks, sockets, and where an HTTP message ends.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/// Ends the program with a system call's error.
static inline void die(const char *what) {
    perror(what);
    exit(1);
}

/// The monotonic clock in nanoseconds.
static inline uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/// A port of 127.0.0.1.
static inline struct sockaddr_in loopback(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// Begins to connect to a port of 127.0.0.1; the descriptor never waits.
static inline int begin_connecting(int port) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) die("socket");
    int one = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = loopback(port);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) die("connect");
    return descriptor;
}

/// Waits for events of a descriptor.
static inline void watch(int epoll, int descriptor, uint32_t events, void *owner) {
    struct epoll_event event = {.events = events, .data.ptr = owner};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) die("epoll_ctl");
}

/// Where an HTTP/1.1 message ends.
struct message {
    /// Where its body begins.
    size_t body;
    /// How many bytes it has in all.
    size_t length;
    /// Whether the connection closes after it.
    bool closes;
};

/// Finds the end of a message whose body has a length, or comes in chunks; without either it has none.
///
/// Returns 1 for a whole message, 0 for one that has not arrived yet.
static inline int find_message(const char *bytes, size_t count, struct message *message) {
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end) return 0;
    message->body = (size_t)(end - bytes) + 4;
    message->closes = false;
    size_t length = 0;
    bool is_chunked = false;
    for (const char *line = bytes; line < end;) {
        const char *stop = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
        if (strncasecmp(line, "content-length:", 15) == 0) length = strtoul(line + 15, NULL, 10);
        if (strncasecmp(line, "transfer-encoding: chunked", 26) == 0) is_chunked = true;
        if (strncasecmp(line, "connection: close", 17) == 0) message->closes = true;
        line = stop + 2;
    }
    if (is_chunked) {
        const char *last = memmem(bytes + message->body - 2, count - message->body + 2, "\r\n0\r\n\r\n", 7);
        if (!last) return 0;
        message->length = (size_t)(last - bytes) + 7;
        return 1;
    }
    message->length = message->body + length;
    return count >= message->length;
}
