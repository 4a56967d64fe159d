#pragma once

// What the toolchain's Glibc module leaves out of the Linux interface.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
