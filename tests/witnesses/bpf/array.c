#include "core.h"
struct task_struct { char comm[16]; unsigned long pad[4]; } CORE;
struct pglist_data { int node_id; } CORE;
struct zone { long lowmem_reserve[4]; } CORE;
PROGRAM(array)(struct task_struct *t, struct zone *z) { return t->comm[0] + t->comm[7] + z->lowmem_reserve[1] + z->lowmem_reserve[3] + (long)AT(t->comm) + SIZE_AT(z->lowmem_reserve); }
