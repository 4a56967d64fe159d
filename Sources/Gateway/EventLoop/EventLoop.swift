/// One thread with one epoll set, and the executor of the tasks that prefer it.
package enum EventLoopPlaceholder {}
