#pragma once

#include <mimalloc.h>

/// Sets how long memory that was freed is kept before the system gets it back, in milliseconds (mimalloc's environment
/// options, MIMALLOC_PURGE_DELAY; before 2.1 MIMALLOC_DECOMMIT_DELAY).
static inline void flowhook_set_purge_delay(long milliseconds) {
#if MI_MALLOC_VERSION >= 210
    mi_option_set(mi_option_purge_delay, milliseconds);
#else
    mi_option_set(mi_option_decommit_delay, milliseconds);
#endif
}
