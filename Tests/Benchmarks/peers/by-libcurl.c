// The floor's HTTP client over libcurl's multi interface, made to cost as little as libcurl allows: handles are set up once,
// sockets stay in the epoll set, a multi handle has few enough transfers that its walks over connections are short, and all
// calls of a turn begin together. A call has a deadline; headers are those of the other client.
#define _GNU_SOURCE
#include "floor.h"

#include <curl/curl.h>

enum { GROUPS = 64, TRANSFERS = 128, DESCRIPTORS = 65536 };

struct transfer {
    CURL *easy;
    struct web *web;
    struct transfer *next;
    size_t count;
    char payload[BUFFER], answer[BUFFER];
};

/// A multi handle.
struct group {
    CURLM *multi;
    struct loop *loop;
    int running;
    bool is_due;
    /// When libcurl wants to be called, in nanoseconds; 0 where it does not.
    uint64_t deadline;
};

/// What the client keeps for a loop.
struct client {
    struct group groups[GROUPS];
    int count;
    struct transfer *idle;
};

/// A socket of libcurl's.
struct source {
    enum kind kind;
    int descriptor;
    uint32_t events;
    struct group *group;
};

static struct source *sources[DESCRIPTORS];
static char url[128];
static struct curl_slist *headers;

static void check(bool is_right) {
    if (!is_right) die("libcurl");
}

void prepare_client(int port) {
    check(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/people", port);
    for (const char **line = (const char *[]){"User-Agent: floor", "Accept: application/json",
             "Content-Type: application/json", NULL}; *line; line++) headers = curl_slist_append(headers, *line);
}

// MARK: Sockets

static int watch_socket(CURL *easy, curl_socket_t descriptor, int what, void *context, void *unused) {
    (void)easy, (void)unused;
    struct group *group = context;
    struct source *source = sources[descriptor];
    if (what == CURL_POLL_REMOVE) {
        if (source) source->group = NULL;
        return 0;
    }
    uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    if (!source) {
        check(descriptor < DESCRIPTORS);
        source = sources[descriptor] = calloc(1, sizeof *source);
        source->kind = CALL;
        source->descriptor = descriptor;
    }
    source->group = group;
    if (source->events == events) return 0;
    struct epoll_event event = {.events = events, .data.ptr = source};
    check(epoll_ctl(group->loop->epoll, source->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event) == 0);
    source->events = events;
    return 0;
}

static int close_socket(void *context, curl_socket_t descriptor) {
    (void)context;
    free(sources[descriptor]);
    sources[descriptor] = NULL;
    return close(descriptor);
}

// MARK: Transfers

static size_t take(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    count *= size;
    if (count >= BUFFER - transfer->count) return 0;
    memcpy(transfer->answer + transfer->count, bytes, count);
    transfer->count += count;
    return count;
}

static struct transfer *take_transfer(struct client *client) {
    struct transfer *transfer = client->idle;
    if (transfer) {
        client->idle = transfer->next;
        return transfer;
    }
    transfer = malloc(sizeof *transfer);
    transfer->easy = curl_easy_init();
    check(transfer->easy != NULL);
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
    curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(transfer->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, 30000L);
    curl_easy_setopt(transfer->easy, CURLOPT_BUFFERSIZE, 4096L);
    curl_easy_setopt(transfer->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    return transfer;
}

static void act(struct group *group, curl_socket_t descriptor, int events) {
    struct client *client = group->loop->client;
    int count;
    curl_multi_socket_action(group->multi, descriptor, events, &count);
    for (CURLMsg *message; (message = curl_multi_info_read(group->multi, &count));) {
        struct transfer *transfer;
        long status = 0;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(group->multi, easy);
        group->running--;
        struct web *web = transfer->web;
        transfer->answer[transfer->count] = 0;
        transfer->next = client->idle;
        client->idle = transfer;
        if (code == CURLE_OK && status / 100 == 2) answer_mapped(web, transfer->answer); else fail(web);
    }
}

static int set_timer(CURLM *multi, long milliseconds, void *context) {
    (void)multi;
    struct group *group = context;
    group->is_due = milliseconds == 0;
    group->deadline = milliseconds > 0 ? now() + (uint64_t)milliseconds * 1000000 : 0;
    return 0;
}

static struct group *group_with_room(struct loop *loop) {
    struct client *client = loop->client;
    if (!client) loop->client = client = calloc(1, sizeof *client);
    for (int index = 0; index < client->count; index++) {
        if (client->groups[index].running < TRANSFERS) return &client->groups[index];
    }
    if (client->count == GROUPS) return NULL;
    struct group *group = &client->groups[client->count++];
    group->multi = curl_multi_init();
    group->loop = loop;
    check(group->multi != NULL);
    curl_multi_setopt(group->multi, CURLMOPT_MAXCONNECTS, (long)TRANSFERS);
    curl_multi_setopt(group->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(group->multi, CURLMOPT_SOCKETDATA, group);
    curl_multi_setopt(group->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(group->multi, CURLMOPT_TIMERDATA, group);
    return group;
}

// MARK: What the floor calls

void call_service(struct loop *loop, struct web *web, const char *payload, size_t count) {
    struct group *group = group_with_room(loop);
    if (!group) return fail(web);
    struct transfer *transfer = take_transfer(loop->client);
    transfer->web = web;
    transfer->count = 0;
    memcpy(transfer->payload, payload, count);
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE, (long)count);
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, transfer->payload);
    group->running++;
    check(curl_multi_add_handle(group->multi, transfer->easy) == CURLM_OK);
}

void handle_call(struct loop *loop, void *pointer, uint32_t events) {
    struct source *source = pointer;
    if (!source->group) {
        // The service has closed a kept connection: libcurl finds out when it looks at it next.
        epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->descriptor, NULL);
        source->events = 0;
        return;
    }
    int action = (events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0)
        | (events & EPOLLERR ? CURL_CSELECT_ERR : 0);
    act(source->group, source->descriptor, action);
}

int end_turn(struct loop *loop) {
    struct client *client = loop->client;
    if (!client) return -1;
    uint64_t first = 0, time = now();
    bool is_due = false;
    for (int index = 0; index < client->count; index++) {
        struct group *group = &client->groups[index];
        if (group->is_due || (group->deadline && group->deadline <= time)) {
            group->is_due = false;
            group->deadline = 0;
            act(group, CURL_SOCKET_TIMEOUT, 0);
        }
        is_due = is_due || group->is_due;
        if (group->deadline && (!first || group->deadline < first)) first = group->deadline;
    }
    if (is_due) return 0;
    return first ? (int)((first > time ? first - time : 0) / 1000000 + 1) : -1;
}
