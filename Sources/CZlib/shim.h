#pragma once

#include <zlib.h>

// inflateInit2 is a macro, which Swift does not see.

/// Readies a stream for decompression; `window_bits` says how what comes is wrapped (inflateInit2 in zlib.h).
static inline int flowhook_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}
