// What the floor and its HTTP client know of one another.
#pragma once

#include "../tools/net.h"

enum { BUFFER = 8192 };

/// What an event is for: the first member of whatever waits for it.
enum kind { WEB, CALL };

/// A connection of the web server.
struct web;

/// An event loop, on a thread of its own.
struct loop {
    int epoll;
    /// What the client keeps for the loop.
    void *client;
};

// The floor's.

/// Answers with what the service has said.
void answer_mapped(struct web *web, const char *json);
/// Answers that the call has failed.
void fail(struct web *web);

// The client's.

/// Readies the client, before the loops start.
void prepare_client(int service_port);
/// Sends a payload to the service.
void call_service(struct loop *loop, struct web *web, const char *payload, size_t count);
/// Takes an event of something that the client waits for.
void handle_call(struct loop *loop, void *source, uint32_t events);
/// Does what is left to do in a turn; gives how many milliseconds the loop may wait, -1 for as long as it likes.
int end_turn(struct loop *loop);
