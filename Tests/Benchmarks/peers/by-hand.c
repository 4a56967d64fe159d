// The floor's HTTP client made for its one service: no deadlines, TLS, or anything that an answer may look like otherwise.
#define _GNU_SOURCE
#include "floor.h"

/// A connection to the service.
struct call {
    enum kind kind;
    int descriptor;
    bool is_dead;
    struct web *web;
    struct call *next;
    size_t written, length, count;
    char out[BUFFER], in[BUFFER];
};

static int service_port;

void prepare_client(int port) { service_port = port; }

int end_turn(struct loop *loop) {
    (void)loop;
    return -1;
}

static void end_call(struct loop *loop, struct call *call, bool is_kept) {
    call->web = NULL;
    if (is_kept) {
        call->next = loop->client;
        loop->client = call;
    } else {
        close(call->descriptor);
        call->is_dead = true;
    }
}

static void write_call(struct loop *loop, struct call *call) {
    while (call->written < call->length) {
        ssize_t count = write(call->descriptor, call->out + call->written, call->length - call->written);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) {
            struct web *web = call->web;
            end_call(loop, call, false);
            free(call);
            return fail(web);
        }
        call->written += (size_t)count;
    }
}

static void read_call(struct loop *loop, struct call *call) {
    ssize_t count = read(call->descriptor, call->in + call->count, BUFFER - 1 - call->count);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    struct web *web = call->web;
    if (count <= 0 || !web) {
        close(call->descriptor);
        call->is_dead = true;
        // An idle one is freed when its turn comes.
        if (web) {
            free(call);
            fail(web);
        }
        return;
    }
    call->count += (size_t)count;
    struct message message;
    if (!find_message(call->in, call->count, &message)) return;
    call->in[call->count] = 0;
    end_call(loop, call, true);
    if (strncmp(call->in, "HTTP/1.1 2", 10) == 0) answer_mapped(web, call->in + message.body); else fail(web);
}

static struct call *take_call(struct loop *loop) {
    while (loop->client) {
        struct call *call = loop->client;
        loop->client = call->next;
        if (!call->is_dead) return call;
        free(call);
    }
    struct call *call = malloc(sizeof *call);
    call->kind = CALL;
    call->is_dead = false;
    call->descriptor = begin_connecting(service_port);
    watch(loop->epoll, call->descriptor, EPOLLIN | EPOLLOUT | EPOLLET, call);
    return call;
}

void call_service(struct loop *loop, struct web *web, const char *payload, size_t count) {
    struct call *call = take_call(loop);
    call->web = web;
    call->count = call->written = 0;
    int head = snprintf(
        call->out, BUFFER,
        "POST /v1/people HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: floor\r\nAccept: application/json\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
        service_port, count);
    call->length = (size_t)head + count;
    if (call->length > BUFFER) {
        end_call(loop, call, true);
        return fail(web);
    }
    memcpy(call->out + head, payload, count);
    write_call(loop, call);
}

void handle_call(struct loop *loop, void *source, uint32_t events) {
    struct call *call = source;
    if (call->web && call->written < call->length) write_call(loop, call);
    else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_call(loop, call);
}
