#include "core.h"
struct linux_binprm { int argc; } CORE;
struct callback_head { void *next; } CORE;
struct cgroup { int level; struct cgroup *ancestors[]; } CORE;
struct fid { int a; unsigned int raw[]; } CORE;
struct mem_cgroup { int x; void *nodeinfo[]; } CORE;
PROGRAM(flexible)(struct cgroup *c, struct fid *f, struct mem_cgroup *m) { return (long)c->ancestors[0] + (long)c->ancestors[5] + f->raw[3] + (long)m->nodeinfo[2]; }
