#pragma once

#include <fcgiapp.h>
#include <stddef.h>

// The gateway accepts connections itself and sets these two fields, which the header marks as the library's own. They
// stand where they do since 2.4.0; a library that moves them must not compile.
_Static_assert(offsetof(FCGX_Request, ipcFd) == 48, "FCGX_Request.ipcFd has moved");
_Static_assert(offsetof(FCGX_Request, keepConnection) == 56, "FCGX_Request.keepConnection has moved");
