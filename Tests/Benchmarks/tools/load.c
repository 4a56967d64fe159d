// The load of the benchmarks: keep-alive clients that check every answer.
//
//   load PORT PATH BODY-FILE EXPECTED CLIENTS seconds S [R]  as many calls as fit into S seconds; before them the
//                                                            clients begin one after another, over R seconds
//   load PORT PATH BODY-FILE EXPECTED CLIENTS calls N        N calls
//   load PORT PATH BODY-FILE EXPECTED CLIENTS rate R S       R calls a second for S seconds, whether or not the answers
//                                                            come: a call's time runs from when it was due
//
// An answer is right if its status is 200 and its body holds EXPECTED. Prints one line of JSON: all calls, those that
// ended in time, the seconds, calls a second, and the milliseconds of the 50th and 99th of 100.
#define _GNU_SOURCE
#include "net.h"

enum { BUFFER = 16384, CONNECTING = 256 };

struct client {
    int descriptor;
    bool is_connected, is_busy;
    uint64_t began;
    size_t count;
    char *bytes;
};

static int epoll, port, client_count, connecting;
static struct client *clients;
static struct client **idle;
static int idle_count;
static char *request;
static size_t request_length;
static const char *expected;

static double rate, seconds, ramp;
static uint64_t wanted = UINT64_MAX, begun, ended, in_time, busy;
static uint64_t start, stop = UINT64_MAX, last;
static uint64_t refused, wrong, lost;
static uint32_t *times;
static size_t time_count, time_capacity;

static void connect_client(struct client *client) {
    client->descriptor = begin_connecting(port);
    client->is_connected = client->is_busy = false;
    client->count = 0;
    connecting++;
    watch(epoll, client->descriptor, EPOLLOUT | EPOLLIN, client);
}

static void become_connected(struct client *client) {
    int code = 0;
    socklen_t length = sizeof code;
    getsockopt(client->descriptor, SOL_SOCKET, SO_ERROR, &code, &length);
    if (code != 0) {
        errno = code;
        die("connect");
    }
    client->is_connected = true;
    connecting--;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(epoll, EPOLL_CTL_MOD, client->descriptor, &event);
    idle[idle_count++] = client;
}

/// Whether another call is to begin now.
static bool may_begin(uint64_t time) {
    if (begun >= wanted || time >= stop) return false;
    if (time < start) return (double)busy < client_count * (1 - (double)(start - time) / 1e9 / ramp);
    return rate == 0 || (double)begun / rate * 1e9 <= (double)(time - start);
}

static void begin(struct client *client, uint64_t time) {
    client->began = rate == 0 ? time : start + (uint64_t)((double)begun / rate * 1e9);
    client->is_busy = true;
    client->count = 0;
    begun++;
    busy++;
    // A client that waits for its answer has an empty send buffer, which takes a request whole.
    if (write(client->descriptor, request, request_length) != (ssize_t)request_length) lost++;
}

static void begin_due(uint64_t time) {
    while (idle_count > 0 && may_begin(time)) begin(idle[--idle_count], time);
}

static void reconnect(struct client *client) {
    for (int index = 0; index < idle_count; index++) {
        if (idle[index] == client) idle[index] = idle[--idle_count];
    }
    if (client->is_busy) {
        lost++;
        ended++;
        busy--;
    }
    close(client->descriptor);
    connect_client(client);
}

static void finish(struct client *client, const struct message *message) {
    uint64_t time = now();
    if (strncmp(client->bytes, "HTTP/1.1 200", 12) != 0) {
        refused++;
    } else if (!memmem(client->bytes + message->body, client->count - message->body, expected, strlen(expected))) {
        wrong++;
        if (wrong == 1) fprintf(stderr, "%.*s\n", (int)client->count, client->bytes);
    }
    client->is_busy = false;
    ended++;
    busy--;
    last = time;
    if (time >= start && time <= stop) {
        in_time++;
        if (time_count == time_capacity) {
            time_capacity = time_capacity ? 2 * time_capacity : 1 << 20;
            times = realloc(times, time_capacity * sizeof *times);
        }
        times[time_count++] = (uint32_t)((time - client->began) / 1000);
    }
    if (message->closes) {
        close(client->descriptor);
        connect_client(client);
    } else if (idle_count == 0 && may_begin(time)) {
        begin(client, time);
    } else {
        idle[idle_count++] = client;
    }
}

static void read_from(struct client *client) {
    ssize_t count = read(client->descriptor, client->bytes + client->count, BUFFER - client->count);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0 || !client->is_busy) return reconnect(client);
    client->count += (size_t)count;
    struct message message;
    if (find_message(client->bytes, client->count, &message)) {
        finish(client, &message);
    } else if (client->count == BUFFER) {
        reconnect(client);
    }
}

static void wait_for_events(uint64_t until) {
    static struct epoll_event events[512];
    uint64_t time = now(), left = until > time ? until - time : 0;
    struct timespec timeout = {(time_t)(left / 1000000000), (long)(left % 1000000000)};
    int ready = epoll_pwait2(epoll, events, 512, &timeout, NULL);
    for (int index = 0; index < ready; index++) {
        struct client *client = events[index].data.ptr;
        if (client->is_connected) read_from(client); else become_connected(client);
    }
}

static int compare(const void *first, const void *second) {
    uint32_t a = *(const uint32_t *)first, b = *(const uint32_t *)second;
    return a < b ? -1 : a > b;
}

static double milliseconds(double share) {
    if (time_count == 0) return 0;
    size_t index = (size_t)(share * (double)time_count);
    return times[index < time_count ? index : time_count - 1] / 1000.0;
}

static void make_request(const char *path, const char *file) {
    FILE *body = fopen(file, "r");
    if (!body) die(file);
    char bytes[8192];
    size_t count = fread(bytes, 1, sizeof bytes, body);
    fclose(body);
    request = malloc(16384);
    int length = snprintf(
        request, 8192,
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", path,
        count);
    memcpy(request + length, bytes, count);
    request_length = (size_t)length + count;
}

int main(int count, char **arguments) {
    if (count < 8) return 64;
    port = atoi(arguments[1]);
    make_request(arguments[2], arguments[3]);
    expected = arguments[4];
    client_count = atoi(arguments[5]);
    if (strcmp(arguments[6], "seconds") == 0) seconds = atof(arguments[7]), ramp = count > 8 ? atof(arguments[8]) : 0;
    else if (strcmp(arguments[6], "calls") == 0) wanted = strtoul(arguments[7], NULL, 10);
    else if (strcmp(arguments[6], "rate") == 0 && count == 9) rate = atof(arguments[7]), seconds = atof(arguments[8]);
    else return 64;

    epoll = epoll_create1(EPOLL_CLOEXEC);
    clients = calloc((size_t)client_count, sizeof *clients);
    idle = calloc((size_t)client_count, sizeof *idle);
    for (int index = 0; index < client_count; index++) {
        clients[index].bytes = malloc(BUFFER);
        while (connecting >= CONNECTING) wait_for_events(now() + 1000000000);
        connect_client(&clients[index]);
    }
    while (connecting > 0) wait_for_events(now() + 1000000000);

    start = now() + (uint64_t)(ramp * 1e9);
    if (seconds > 0) stop = start + (uint64_t)(seconds * 1e9);
    while (now() < stop && ended < wanted) {
        begin_due(now());
        uint64_t due = start + (uint64_t)((double)begun / (rate > 0 ? rate : 1) * 1e9);
        wait_for_events(rate > 0 && idle_count > 0 ? due : now() + (now() < start ? 1000000 : 10000000));
    }
    // What was due in the end, and waited for nothing but this program.
    if (rate > 0) begin_due(stop - 1);
    // What is under way counts for the CPU that it takes, not for the time.
    for (uint64_t limit = now() + 45000000000; busy > 0 && now() < limit;) wait_for_events(now() + 100000000);
    lost += busy;
    // At a fixed rate a call that was due and has not begun is one that the other side did not take.
    if (rate > 0 && (double)begun + 1 < rate * seconds) lost += (uint64_t)(rate * seconds) - begun;

    double spent = (double)((seconds > 0 ? stop : last) - start) / 1e9;
    qsort(times, time_count, sizeof *times, compare);
    printf(
        "{\"calls\": %lu, \"inTime\": %lu, \"seconds\": %.3f, \"rate\": %.1f, \"p50\": %.2f, \"p99\": %.2f, "
        "\"longest\": %.2f, \"refused\": %lu, \"wrong\": %lu, \"lost\": %lu}\n",
        ended, in_time, spent, (double)in_time / spent, milliseconds(0.5), milliseconds(0.99), milliseconds(1), refused,
        wrong, lost);
    return 0;
}
