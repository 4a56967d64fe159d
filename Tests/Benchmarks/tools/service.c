// The third-party service of the benchmarks: it checks each payload, waits as long as it was told, and answers.
//
//   service PORT EXPECTED
//
// One thread, tens of thousands of connections. A request whose body lacks the text EXPECTED is answered 400.
// "POST /delay/MS" sets how long later requests take; "GET /status" says how many are waiting now, were waiting at most,
// and came in all.
#define _GNU_SOURCE
#include "net.h"

static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n"
    "{\"company\": {\"name\": \"Example Inc.\", \"employees\": 250}, \"person\": {\"title\": \"CTO\"}, \"n\":1}";
static const char refusal[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

struct connection {
    int descriptor;
    size_t count;
    /// Where in the queue it waits, if it does: a closed connection must leave no pointer behind.
    bool waits, closed;
    char bytes[4096];
};

/// Those who wait, in order of their deadlines: every delay is the same.
static struct waiting {
    struct connection *connection;
    uint64_t deadline;
} *queue;
static size_t capacity = 1 << 17, head, tail;
static size_t largest;
static uint64_t delay, calls, wrong;
static int epoll;

static void release(struct connection *connection) {
    if (!connection->closed) close(connection->descriptor);
    connection->closed = true;
    if (!connection->waits) free(connection);
}

static void reply(struct connection *connection, const char *bytes, size_t count) {
    if (write(connection->descriptor, bytes, count) != (ssize_t)count) release(connection);
}

/// Takes one request; what follows it on a connection would be a mistake of the caller's.
static void take(struct connection *connection, const struct message *message, const char *expected) {
    connection->count = 0;
    if (strncmp(connection->bytes, "POST /delay/", 12) == 0) {
        delay = strtoul(connection->bytes + 12, NULL, 10) * 1000000;
        largest = 0;
        calls = wrong = 0;
        static const char done[] = "HTTP/1.1 204 No Content\r\n\r\n";
        return reply(connection, done, sizeof done - 1);
    }
    if (strncmp(connection->bytes, "GET /status", 11) == 0) {
        char body[256], bytes[512];
        int length = snprintf(
            body, sizeof body, "{\"waiting\": %zu, \"largest\": %zu, \"calls\": %lu, \"wrong\": %lu}", tail - head, largest,
            calls, wrong);
        int count = snprintf(bytes, sizeof bytes, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", length, body);
        return reply(connection, bytes, (size_t)count);
    }
    calls++;
    const char *body = connection->bytes + message->body;
    if (!memmem(body, message->length - message->body, expected, strlen(expected))) {
        wrong++;
        return reply(connection, refusal, sizeof refusal - 1);
    }
    if (delay == 0) return reply(connection, answer, sizeof answer - 1);
    connection->waits = true;
    queue[tail++ & (capacity - 1)] = (struct waiting){connection, now() + delay};
    if (tail - head > capacity) exit(1);
    if (tail - head > largest) largest = tail - head;
}

static void read_from(struct connection *connection, const char *expected) {
    ssize_t count = read(
        connection->descriptor, connection->bytes + connection->count, sizeof connection->bytes - connection->count);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return release(connection);
    connection->count += (size_t)count;
    struct message message;
    if (find_message(connection->bytes, connection->count, &message)) {
        take(connection, &message, expected);
    } else if (connection->count == sizeof connection->bytes) {
        release(connection);
    }
}

static void answer_due(void) {
    uint64_t time = now();
    while (head < tail && queue[head & (capacity - 1)].deadline <= time) {
        struct connection *connection = queue[head++ & (capacity - 1)].connection;
        connection->waits = false;
        if (connection->closed) free(connection); else reply(connection, answer, sizeof answer - 1);
    }
}

int main(int count, char **arguments) {
    if (count != 3) return 64;
    queue = calloc(capacity, sizeof *queue);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = loopback(atoi(arguments[1]));
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
    if (listen(listener, 4096) != 0) die("listen");
    epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener, EPOLLIN, NULL);
    struct epoll_event events[256];
    while (true) {
        struct timespec timeout = {0, 0}, *wait = NULL;
        if (head < tail) {
            uint64_t time = now(), deadline = queue[head & (capacity - 1)].deadline;
            uint64_t left = deadline > time ? deadline - time : 0;
            timeout = (struct timespec){(time_t)(left / 1000000000), (long)(left % 1000000000)};
            wait = &timeout;
        }
        int ready = epoll_pwait2(epoll, events, 256, wait, NULL);
        for (int index = 0; index < ready; index++) {
            if (events[index].data.ptr) {
                read_from(events[index].data.ptr, arguments[2]);
                continue;
            }
            for (int left = 64; left > 0; left--) {
                int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (descriptor < 0) break;
                setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                struct connection *connection = calloc(1, sizeof *connection);
                connection->descriptor = descriptor;
                watch(epoll, descriptor, EPOLLIN, connection);
            }
        }
        answer_due();
    }
}
